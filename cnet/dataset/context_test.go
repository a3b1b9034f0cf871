package dataset

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"continuousnet/cnet/dataset/internal/check"
)

// manyImages is a folder with n images of two classes.
func manyImages(t *testing.T, n int) string {
	t.Helper()
	contents := map[string][]byte{}
	for i := range n {
		contents[fmt.Sprintf("%s/%d.png", []string{"dark", "light"}[i%2], i)] =
			pngOf(t, plain(5, 4, color.Gray{uint8(i%2*100 + i)}))
	}
	return files(t, contents)
}

// TestLoadInterrupted ends the context while files are inspected, while they are decoded, and when all are and the
// cache is to be written: nothing is left behind, and the next call loads all.
func TestLoadInterrupted(t *testing.T) {
	const n = 60
	dir := manyImages(t, n)
	for _, at := range []int{1, n / 2, n + 1, 2*n - 1, 2 * n} {
		cache := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		_, err := LoadContext(ctx, dir, "", Options{Cache: cache, Progress: func(done, total int) {
			if calls++; done != calls || total != 2*n {
				t.Errorf("%d of %d, in call %d", done, total, calls)
			}
			if done == at {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) || calls != at {
			t.Errorf("at %d: %v, %d calls", at, err, calls)
		}
		if left, err := os.ReadDir(cache); err != nil || len(left) > 0 {
			t.Errorf("at %d: %v are left, %v", at, left, err)
		}
		set, err := Load(dir, "", Options{Cache: cache})
		if err != nil || set.Train.Len()+set.Test.Len() != n || set.Notice != "" {
			t.Errorf("afterwards: %+v, %v", set, err)
		}
		again, err := LoadContext(context.Background(), dir, "", Options{Cache: cache, Progress: func(int, int) {
			t.Error("images are decoded that are in the cache")
		}})
		if err != nil || again.Fingerprint() != set.Fingerprint() {
			t.Errorf("from the cache: %v", err)
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := LoadContext(ended, dir, "", Options{Cache: cache}); !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that has ended: %v", err)
		}
	}
}

// LoadContext does not wait for what cannot be interrupted.
func TestLoadReturnsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		if err := Register("slow", func() (*Set, error) {
			<-release
			return nil, errors.New("too late")
		}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if _, err := LoadContext(ctx, "slow", ""); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		close(release)
	})
}

// TestFolderWithRuns: folders of runs are no classes and their charts no images, wherever they lie; they are named,
// also when the images come from a cache.
func TestFolderWithRuns(t *testing.T) {
	dir := manyImages(t, 20)
	chart := pngOf(t, plain(30, 20, color.White))
	run := func(names ...string) {
		for _, name := range names {
			check.WriteFile(t, dir, name+"/config.json", []byte("{}"))
			check.WriteFile(t, dir, name+"/saves/000001/state.json", []byte("{}"))
			check.WriteFile(t, dir, name+"/history.png", chart)
		}
	}
	o := Options{Cache: t.TempDir()}
	before, err := Load(dir, "", o)
	if err != nil {
		t.Fatal(err)
	}
	run("results/first", "results/second", "third", "dark/fourth")
	check.WriteFile(t, dir, "results/.data/x.data", nil)
	for range 2 {
		set, err := Load(dir, "", o)
		if err != nil {
			t.Fatal(err)
		}
		if set.Fingerprint() != before.Fingerprint() || len(set.Classes) != 2 {
			t.Errorf("classes %v, %d images", set.Classes, set.Train.Len()+set.Test.Len())
		}
		want := "left out 4 runs, whose charts are no images: dark/fourth, results/first, results/second, third"
		for _, name := range []string{"left out 4 runs", "dark/fourth", "results/first", "results/second", "third"} {
			if !strings.Contains(set.Notice, name) {
				t.Errorf("notice %q, want %q", set.Notice, want)
			}
		}
	}
	// A class may be called results, and have images.
	check.WriteFile(t, dir, "results/5.png", pngOf(t, plain(5, 4, color.Gray{9})))
	check.WriteFile(t, dir, "results/6.png", pngOf(t, plain(5, 4, color.Gray{9})))
	if set, err := Load(dir, "", o); err != nil || len(set.Classes) != 3 || set.Train.Len()+set.Test.Len() != 22 {
		t.Errorf("a class of that name: %+v, %v", set, err)
	}
	// A folder of runs alone, and a run, are no data sets.
	for _, name := range []string{"third", "only"} {
		if name == "only" {
			run("only/a", "only/b")
		}
		if _, err := Load(filepath.Join(dir, name), "", o); err == nil || strings.Contains(err.Error(), "size") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
