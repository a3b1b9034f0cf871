package dataset

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"continuousnet/cnet/internal/words"
)

// isRun reports whether a folder is that of a run of package cnet, or was until it was emptied: it has saves and what
// lies beside them. The charts and pictures in it are no images of a data set.
func isRun(dir fs.FS, name string) bool {
	saves, err := fs.Stat(dir, path.Join(name, "saves"))
	if err != nil {
		entries, err := fs.ReadDir(dir, name)
		return err == nil && len(entries) == 1 && entries[0].Name() == "lock" // it is being made
	}
	if !saves.IsDir() {
		return false
	}
	for _, file := range []string{"config.json", "history.jsonl", "lock"} {
		if info, err := fs.Stat(dir, path.Join(name, file)); err == nil && !info.IsDir() {
			return true
		}
	}
	return false
}

// onlyRuns reports whether a folder has runs in it, as results/ has, and neither images nor other folders.
func onlyRuns(dir fs.FS, name string) bool {
	entries, err := fs.ReadDir(dir, name)
	if err != nil {
		return false
	}
	any := false
	for _, e := range entries {
		below := path.Join(name, e.Name())
		info, err := fs.Stat(dir, below)
		switch {
		case err != nil || strings.HasPrefix(e.Name(), "."):
		case info.IsDir() && isRun(dir, below):
			any = true
		case info.IsDir() || isImage(below):
			return false
		}
	}
	return any
}

// runsIn lists the folders of runs in a folder, and in those folders in it that have nothing else.
func runsIn(dir fs.FS, sub string) (names []string) {
	entries, _ := fs.ReadDir(dir, sub)
	for _, e := range entries {
		name := path.Join(sub, e.Name())
		info, err := fs.Stat(dir, name)
		switch {
		case err != nil || !info.IsDir():
		case isRun(dir, name):
			names = append(names, name)
		case onlyRuns(dir, name):
			names = append(names, runsIn(dir, name)...)
		}
	}
	return names
}

// noticeRuns adds the runs that were left out to the notice of a set.
func (list listing) noticeRuns(set *Set) {
	if len(list.runs) > 0 {
		set.Notice = joinNotices(set.Notice, fmt.Sprintf("left out %s, whose charts are no images: %s",
			words.Plural(len(list.runs), "run"), words.Some(list.runs, shown)))
	}
}
