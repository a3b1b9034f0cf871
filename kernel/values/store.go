package values

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const islandPrefix = "island-"

func islandFile(number int) string { return islandPrefix + itoa(number) }

// writeFile writes a file beside and renames it, so that there is always a complete one. Only this user can read it.
func writeFile(dir, name string, parts ...[]byte) (err error) {
	tmp := filepath.Join(dir, name+".tmp")
	os.Remove(tmp)
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp)
		}
	}()
	for _, b := range parts {
		if _, err = f.Write(b); err != nil {
			f.Close()
			return err
		}
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(dir, name))
}

// sweep removes the files of islands that the index does not mention, and what an interrupted write has left.
func sweep(dir string, x *Index) {
	used := map[int]bool{}
	for _, v := range x.Variables {
		used[v.Island] = true
	}
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	names, _ := d.Readdirnames(-1)
	d.Close()
	for _, name := range names {
		rest, ok := strings.CutPrefix(name, islandPrefix)
		if !ok {
			continue
		}
		if n, err := strconv.Atoi(rest); err != nil || !used[n] {
			os.Remove(filepath.Join(dir, name))
		}
	}
}
