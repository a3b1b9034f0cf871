package dataset

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Resolve returns the canonical name and the folder of the data set that is meant by a name and a folder of files, each
// of which may be "". A folder alone says by its files which set it holds, as does a name that is a path instead; the
// embedded sample has none. Neither is no set: "".
func Resolve(name, dir string) (canonical, where string, err error) {
	if name == "" && dir == "" {
		return "", "", nil
	}
	if name == "" {
		canonical, err = recognize(dir)
		return canonical, dir, err
	}
	s, err := lookup(name)
	switch {
	case err != nil && dir == "" && isPath(name):
		if where, err = filepath.Abs(name); err != nil {
			return "", "", fmt.Errorf("dataset: %w", err)
		}
		canonical, err = recognize(where)
		return canonical, where, err
	case err != nil:
		return "", "", err
	case s.name == sampleName && dir != "":
		return "", "", fmt.Errorf("dataset: %s is part of the program and has no folder, got %s; leave one of them out",
			s.name, dir)
	case s.make != nil && dir != "":
		return "", "", fmt.Errorf("dataset: %s are made by the program and have no folder, got %s; leave one of them "+
			"out", s.name, dir)
	case s.load != nil && dir != "":
		return "", "",
			fmt.Errorf("dataset: %s is loaded by a function and has no folder, got %s; leave one of them out",
				s.name, dir)
	case IsKind(s.name) && dir == "":
		return "", "",
			fmt.Errorf("dataset: %s is a kind of data sets and no single one; name its folder or file, with --dataset",
				s.name)
	}
	return s.name, dir, nil
}

// isPath reports whether a name is that of a folder or file: there is one, or it looks like one.
func isPath(name string) bool {
	if _, err := os.Stat(name); err == nil {
		return true
	}
	return strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, ".") || isCSV(name)
}

// recognize returns the name of the one data set whose files are in dir, or in the folders below it where Load looks,
// or in archives there. dir may be an archive itself.
func recognize(dir string) (string, error) {
	info, err := os.Stat(dir)
	switch {
	case err != nil && isCSV(dir):
		return "", fmt.Errorf("dataset: there is no file %s; pass the path of a .csv file", dir)
	case err != nil:
		return "", fmt.Errorf("dataset: there is no folder %s; pass another --data DIR", dir)
	case !info.IsDir() && !info.Mode().IsRegular():
		return "", fmt.Errorf("dataset: %s is neither a folder nor a regular file; want a folder, a .npz, a .csv, or "+
			"an archive of a published set", dir)
	case isArchive(dir):
		return recognizeArchive(dir)
	case !info.IsDir() && strings.HasSuffix(dir, ".npz"):
		return arraysName, nil
	case !info.IsDir() && isCSV(dir):
		return Table, nil
	case !info.IsDir():
		return "", fmt.Errorf("dataset: %s is a file that is not read; want a folder, a .npz, a .csv, or an archive "+
			"of a published set", dir)
	}
	if _, err := os.ReadDir(dir); err != nil {
		return "", fmt.Errorf("dataset: %w; check that %s can be read", err, dir)
	}
	found := setsIn(specs, dir, func(*spec) []string { return []string{"."} })
	if len(found) == 0 {
		found = setsIn(specs, dir, func(s *spec) []string { return s.folders })
	}
	if len(found) == 0 {
		for _, s := range specs {
			if slices.ContainsFunc(s.archives, folder{os.DirFS(dir), dir}.has) {
				found = append(found, s.name)
			}
		}
	}
	if len(found) == 0 {
		found = setsIn(kinds, dir, func(*spec) []string { return []string{"."} })
	}
	switch len(found) {
	case 0:
		if hasImage(os.DirFS(dir), ".") {
			return "", fmt.Errorf("dataset: %s has images and no folders of classes; want them in CLASS/*.png below it",
				dir)
		}
		var files []string
		for _, s := range slices.Concat(specs, kinds) {
			if s.lookFor != "" && !slices.Contains(files, s.lookFor) {
				files = append(files, s.lookFor)
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

// recognizeArchive returns the name of the data set whose folder is in an archive.
func recognizeArchive(file string) (found string, err error) {
	see := func(name string) bool {
		for _, s := range specs {
			if slices.Contains(s.folders, path.Dir(name)) {
				found = s.name
			}
		}
		return found != ""
	}
	if isZip(file) {
		var z *zip.ReadCloser
		if z, err = zip.OpenReader(file); err == nil {
			defer z.Close()
			for _, f := range z.File {
				if see(path.Clean(f.Name)) {
					break
				}
			}
		}
	} else {
		err = walkTar(file, func(name string, _ int64, _ io.Reader) (bool, error) { return see(name), nil })
	}
	if err != nil {
		return "", fmt.Errorf("dataset: %s: %w; get it again, or pass another --data DIR", file, err)
	}
	if found == "" {
		return "", fmt.Errorf("dataset: %s holds none of the data sets; want one as it is published", file)
	}
	return found, nil
}

// setsIn returns the names of those data sets of a list that have files in their folders below dir.
func setsIn(list []spec, dir string, folders func(*spec) []string) (names []string) {
	for i := range list {
		s := &list[i]
		if s.holds == nil {
			continue
		}
		for _, sub := range folders(s) {
			below := filepath.Join(dir, filepath.FromSlash(sub))
			if s.holds(s, folder{os.DirFS(below), below}) {
				names = append(names, s.name)
				break
			}
		}
	}
	return names
}

// holds reports whether any of the files are there. The names of pickles alone say little: they must be several.
func (c cifarFiles) holds(_ *spec, dir folder) bool {
	if c.pickle != nil && !dir.has(c.names) && !dir.has(c.test) {
		return false
	}
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
