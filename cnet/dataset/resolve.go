package dataset

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Resolve returns the canonical name of the data set that is meant by a name and a folder of files, each of which may
// be "". A folder alone says by its files which set it holds; the embedded sample has none. Neither is no set: "".
func Resolve(name, dir string) (string, error) {
	if name == "" && dir == "" {
		return "", nil
	}
	if name == "" {
		return recognize(dir)
	}
	s, err := lookup(name)
	if err != nil {
		return "", err
	}
	if s.name == sampleName && dir != "" {
		return "", fmt.Errorf("dataset: %s is part of the program and has no folder, got %s; leave one of them out",
			s.name, dir)
	}
	return s.name, nil
}

// recognize returns the name of the one data set whose files are in dir, or in the folders below it where Load looks.
func recognize(dir string) (string, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fmt.Errorf("dataset: there is no folder %s; pass another --data DIR", dir)
	}
	found := setsIn(dir, func(*spec) []string { return []string{"."} })
	if len(found) == 0 {
		found = setsIn(dir, func(s *spec) []string { return s.folders })
	}
	switch len(found) {
	case 0:
		var files []string
		for _, s := range specs {
			if file := lookedFor[s.name]; file != "" && !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
		return "", fmt.Errorf("dataset: %s holds none of the data sets (looked for %s); "+
			"pass another --data DIR, or none to take %s", dir, strings.Join(files, ", "), sampleName)
	case 1:
		return found[0], nil
	}
	last := len(found) - 1
	return "", fmt.Errorf("dataset: %s may be %s or %s; add --dataset %s",
		dir, strings.Join(found[:last], ", "), found[last], strings.Join(found, " or --dataset "))
}

// setsIn returns the names of the data sets that have files in their folders below dir.
func setsIn(dir string, folders func(*spec) []string) (names []string) {
	for i := range specs {
		s := &specs[i]
		if s.holds == nil {
			continue
		}
		for _, sub := range folders(s) {
			path := filepath.Join(dir, filepath.FromSlash(sub))
			if s.holds(s, folder{os.DirFS(path), path}) {
				names = append(names, s.name)
				break
			}
		}
	}
	return names
}

// holds reports whether any of the files are there.
func (c cifarFiles) holds(_ *spec, dir folder) bool {
	return slices.ContainsFunc(append(slices.Clone(c.train), c.test), dir.has)
}

// holdsMNIST reports whether any of the files are there, and are not those of the other set of these names.
func holdsMNIST(s *spec, dir folder) bool {
	some := false
	for _, name := range mnistNames {
		_, ok := idxFile(dir, name)
		some = some || ok
	}
	if !some {
		return false
	}
	other := openingOf(s, dir)
	return other == "" || other == s.name
}

// openingOf returns the name of the set whose training labels begin as those in dir, or "".
func openingOf(s *spec, dir folder) (name string) {
	file, ok := idxFile(dir, mnistNames[1])
	if !ok {
		return ""
	}
	var labels []int32
	_ = dir.decode(s.empty(), file, func(r io.Reader, size int64) (err error) {
		labels, err = readIDXLabels(r, size, len(s.classes))
		return err
	})
	return openedBy(labels)
}
