package dataset

import (
	"os"
	"path/filepath"
)

// places calls read with the folders in which the files of a set may lie, given the folder that the user names, until
// it returns something else than errNothingHere. The folder itself comes first: a folder that holds the files is meant,
// whatever lies below it.
func (s *spec) places(path string, read func(folder) error) error {
	for _, sub := range append([]string{"."}, s.folders...) {
		below := filepath.Join(path, filepath.FromSlash(sub))
		if err := read(folder{os.DirFS(below), below}); err != errNothingHere {
			return err
		}
	}
	return errNothingHere
}
