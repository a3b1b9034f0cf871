// Package fetch downloads data sets from their official addresses. It is not part of package dataset so that programs
// that only read data sets, such as every notebook cell, are not linked with an HTTP client.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/atomicfile"
)

// Get downloads a data set from its official address into dir, where
// dataset.Load finds it; "" stands for dataset.DefaultDir(name). Files that are
// there with the right checksum are not downloaded again. The embedded
// fashion-sample has no files.
//
// A file gets its name only after its checksum has been verified. Until then it
// is a hidden file beside its place, under a name that no other file has. If ctx
// is cancelled, the network fails or the process dies, it is kept and the next
// call continues it. Calls that download into the same dir wait for each other.
//
// progress, if not nil, is called often with the name of the file being
// downloaded, the number of bytes that are there, and their number in the end.
func Get(ctx context.Context, name, dir string, progress func(file string, done, total int64)) error {
	g := getter{sources: sources, progress: progress}
	return g.get(ctx, name, dir)
}

// getter is Get with what tests replace.
type getter struct {
	sources  map[string]source
	progress func(file string, done, total int64)
}

func (g *getter) get(ctx context.Context, name, dir string) error {
	name, err := dataset.Canonical(name)
	if err != nil {
		return err
	}
	src := g.sources[name]
	if len(src.files) == 0 {
		return nil // embedded
	}
	if dir == "" {
		dir = dataset.DefaultDir(name)
	}
	made := missing(dir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("dataset: %w; pass another --data DIR", err)
	}
	defer func() {
		for _, folder := range made { // nothing has arrived if they are empty; others stay
			_ = os.Remove(folder)
		}
	}()
	unlock, err := lock(ctx, dir)
	if err != nil {
		return fmt.Errorf("dataset: get %s: %w", name, err)
	}
	defer unlock()
	if src.archive != nil {
		return g.getArchive(ctx, src, dir)
	}
	for _, file := range src.files {
		if err := g.getFile(ctx, name, src.base+file.name, dir, file); err != nil {
			return err
		}
	}
	return nil
}

// missing returns the folders that making dir would make, the innermost first.
func missing(dir string) (list []string) {
	for path := filepath.Clean(dir); ; path = filepath.Dir(path) {
		if _, err := os.Lstat(path); err == nil || len(list) > 0 && path == list[len(list)-1] {
			return list
		}
		list = append(list, path)
	}
}

// lock waits until no other process, and no other call, downloads into dir. Where directories cannot be locked, such as
// on Windows, it does nothing.
func lock(ctx context.Context, dir string) (unlock func(), err error) {
	l := flock.New(dir, flock.SetFlag(os.O_RDONLY))
	if locked, err := l.TryLockContext(ctx, 100*time.Millisecond); !locked && ctx.Err() != nil {
		return nil, err
	}
	return func() { _ = l.Unlock() }, nil
}

// getFile downloads a file that is used as it is.
func (g *getter) getFile(ctx context.Context, name, url, dir string, file remote) error {
	path := filepath.Join(dir, file.name)
	sum, err := sumOfFile(path, file.hash())
	switch {
	case err == nil && sum == file.sum:
		g.report(file, file.size)
		return nil
	case err == nil:
		// A damaged file is replaced, but not a good one of another set.
		if other := owner(sum, name); other != "" {
			return fmt.Errorf("dataset: %s is there already and belongs to %s; pass another --data DIR", path, other)
		}
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("dataset: %w; remove it or pass another --data DIR", err)
	}
	part, err := g.download(ctx, url, path, file)
	if err != nil {
		return err
	}
	if err := atomicfile.Place(part, path); err != nil {
		return fmt.Errorf("dataset: cannot write %s: %w; remove it or pass another --data DIR", path, err)
	}
	return nil
}

// getArchive downloads and unpacks src's archive.
func (g *getter) getArchive(ctx context.Context, src source, dir string) error {
	file := src.files[0]
	if src.archive.unpacked(dir) {
		g.report(file, file.size)
		return nil
	}
	part, err := g.download(ctx, src.base+file.name, filepath.Join(dir, file.name), file)
	if err != nil {
		return err
	}
	if err := src.archive.unpack(ctx, part, dir); err != nil {
		return fmt.Errorf("dataset: unpack %s: %w", part, err)
	}
	if err := os.Remove(part); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return nil
}

func (g *getter) report(file remote, done int64) {
	if g.progress != nil {
		g.progress(file.name, done, file.size)
	}
}
