package cnet

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"

	"continuousnet/cnet/internal/atomicfile"
)

// A save is a folder saves/NNNNNN of a run, complete by construction: it is written under another name, flushed to the
// disk and renamed. It holds
//
//	state.json       configuration and progress
//	history.jsonl    everything that happened so far
//	checkpoint-*     weights, running statistics and the optimizer's velocities, by GoMLX's checkpoint package
//	SHA256SUMS       the checksums of all of these
//
// The last two saves are kept, so that a run can be opened even if the disk damages the newest.
const (
	savesDir     = "saves"
	stateFile    = "state.json"
	historyFile  = "history.jsonl"
	sumsFile     = "SHA256SUMS"
	savesKept    = 2
	stateVersion = 3
)

// writeSave writes save number n of a run and removes old ones, but for the last few that are to be kept. On any error
// the saves before it are as they were.
func writeSave(dir string, n, kept int, st state, history History, store *model.Store) (err error) {
	saves := filepath.Join(dir, savesDir)
	defer func() {
		if err != nil {
			err = fmt.Errorf("run %s: could not save: %w; the last good save is kept", dir, err)
		}
	}()
	if err := os.MkdirAll(saves, 0o777); err != nil {
		return err
	}
	err = atomicfile.Dir(filepath.Join(saves, saveName(n)), func(dir string) error {
		return fillSave(dir, st, history, store)
	})
	if err != nil {
		return err
	}
	return removeOldSaves(saves, kept)
}

// fillSave writes what a save holds into an empty folder, and flushes it to the disk.
func fillSave(dir string, st state, history History, store *model.Store) error {
	stateText, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return err
	}
	historyText, err := history.encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, stateFile), append(stateText, '\n'), 0o666); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, historyFile), historyText, 0o666); err != nil {
		return err
	}
	if err := writeCheckpoint(dir, store); err != nil {
		return err
	}
	return seal(dir)
}

// saveName returns the name of the folder of save number n.
func saveName(n int) string { return fmt.Sprintf("%06d", n) }

// noHome returns a path that GoMLX leaves as it is: in one that begins with ~ it looks for a home directory.
func noHome(path string) string {
	if strings.HasPrefix(path, "~") {
		return "." + string(filepath.Separator) + path
	}
	return path
}

// writeCheckpoint writes the variables with GoMLX's checkpoint package, and checks that all of them are in the file:
// the package drops the error of a failed write, such as on a full disk.
func writeCheckpoint(dir string, store *model.Store) (err error) {
	defer func() {
		if p := recover(); p != nil { // a variable without a value
			err = fmt.Errorf("%v", p)
		}
	}()
	// The package makes itself the store's loader for good; without this every save would add one.
	defer store.SetLoader(store.Loader())
	handler, err := checkpoint.Build(store).Dir(noHome(dir)).Keep(1).WithCompression(checkpoint.BinUncompressed).Done()
	if err != nil {
		return err
	}
	if err := handler.Save(); err != nil {
		return err
	}
	var want int64
	for v := range store.IterVariables() {
		want += int64(v.Shape().ByteSize())
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var got int64
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), checkpoint.BinDataSuffix) {
			continue
		}
		info, err := f.Info()
		if err != nil {
			return err
		}
		got += info.Size()
	}
	if got != want {
		return fmt.Errorf("only %d of %d bytes of weights were written; is the disk full?", got, want)
	}
	return nil
}

// seal flushes all files of a folder to the disk and adds their checksums.
func seal(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if err := syncPath(path); err != nil {
			return err
		}
		sum, err := checksum(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%s  %s\n", sum, e.Name())
	}
	path := filepath.Join(dir, sumsFile)
	if err := os.WriteFile(path, []byte(sums.String()), 0o666); err != nil {
		return err
	}
	if err := syncPath(path); err != nil {
		return err
	}
	return syncPath(dir)
}

func checksum(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// listSaves returns the numbers of the complete saves, oldest first.
func listSaves(dir string) ([]int, error) {
	entries, err := os.ReadDir(filepath.Join(dir, savesDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return nil, err
	}
	var numbers []int
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil && e.IsDir() {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

func removeOldSaves(saves string, kept int) error {
	numbers, err := listSaves(filepath.Dir(saves))
	if err != nil {
		return err
	}
	for _, n := range numbers[:max(0, len(numbers)-kept)] {
		if err := os.RemoveAll(filepath.Join(saves, saveName(n))); err != nil {
			return err
		}
	}
	return nil
}

// sweepPartial removes what a process left that died while writing. The caller holds the lock of the run.
func sweepPartial(dir string) error {
	if err := atomicfile.SweepDir(filepath.Join(dir, savesDir)); err != nil {
		return err
	}
	if err := sweepCheckpoints(dir); err != nil {
		return err
	}
	sweepControl(dir)
	for _, name := range []string{configFile, historyFile} {
		if err := atomicfile.Sweep(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// errDamaged is wrapped by the error for a save that is not as it was written. Other errors, such as a scheme that this
// process does not know, do not mean that the save is bad.
var errDamaged = errors.New("it is damaged")

// readSave reads a save after checking every byte of it. Errors name the file.
func readSave(dir string, n int) (st state, history History, store *model.Store, err error) {
	save := filepath.Join(dir, savesDir, saveName(n))
	if err := verify(save); err != nil {
		return st, nil, nil, err
	}
	path := filepath.Join(save, stateFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return st, nil, nil, err
	}
	if st, err = decodeState(text); err != nil {
		return st, nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := st.registerSchemes(); err != nil {
		return st, nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	path = filepath.Join(save, historyFile)
	if text, err = os.ReadFile(path); err != nil {
		return st, nil, nil, err
	}
	if history, err = decodeHistory(text); err != nil {
		return st, nil, nil, fmt.Errorf("%s: %w: %w", path, errDamaged, err)
	}
	store = model.NewStore()
	if _, err := checkpoint.Load(store).Dir(noHome(save)).Immediate().Done(); err != nil {
		return st, nil, nil, fmt.Errorf("%s: %w: %w", save, errDamaged, err)
	}
	return st, history, store, nil
}

// decodeState reads a state.json. What another version has written is not damaged, whatever its fields are. One that is
// newer may have fields for what this program does not do: without them the run would go on as another one.
func decodeState(text []byte) (st state, err error) {
	var v struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return st, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if v.Version != stateVersion {
		return st, fmt.Errorf("version %d, this program reads version %d; open the run with the program that made it",
			v.Version, stateVersion)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err = d.Decode(&st)
	if field, ok := unknownField(err); ok {
		return st, fmt.Errorf("this program does not know its field %s; open the run with the newer one that made it",
			field)
	} else if err != nil {
		return st, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return st, nil
}

// unknownField returns the field that a strict decoder did not know. Package json has no type for that error.
func unknownField(err error) (field string, ok bool) {
	if err == nil {
		return "", false
	}
	return strings.CutPrefix(err.Error(), "json: unknown field ")
}

// verify compares the files of a save with its checksums.
func verify(save string) error {
	path := filepath.Join(save, sumsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return missing(err)
	}
	seen := 0
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		want, name, ok := strings.Cut(line, "  ")
		if !ok || name != filepath.Base(name) {
			return fmt.Errorf("%s: %w: it is not a list of checksums", path, errDamaged)
		}
		got, err := checksum(filepath.Join(save, name))
		if err != nil {
			return missing(err)
		}
		if got != want {
			return fmt.Errorf("%s: %w: its checksum is not the one in %s",
				filepath.Join(save, name), errDamaged, sumsFile)
		}
		seen++
	}
	if seen < 4 {
		return fmt.Errorf("%s: %w: it lists %d files, a save has 4", path, errDamaged, seen)
	}
	return nil
}

// missing marks the error of reading a file of a save as damage if the file does not exist.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return err
}

// setAside renames a damaged save: it does not count among the saves that are kept, and is not lost.
func setAside(dir string, n int) error {
	saves := filepath.Join(dir, savesDir)
	return os.Rename(filepath.Join(saves, saveName(n)), filepath.Join(saves, "damaged-"+saveName(n)))
}
