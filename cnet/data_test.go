package cnet

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"continuousnet/cnet/dataset"
)

// bars is a data set in Go: 120 grey images of 8×8 pixels with a bright bar, upright or level.
func bars(t *testing.T, name string, seed int) *dataset.Set {
	t.Helper()
	const n, size = 120, 8
	pixels, labels := make([]uint8, n*size*size), make([]int, n)
	for i := range n {
		labels[i] = i % 2
		at := (i*5 + seed) % size
		for k := range size {
			if labels[i] == 0 {
				pixels[i*size*size+at*size+k] = uint8(100 + i)
			} else {
				pixels[i*size*size+k*size+at] = uint8(100 + i)
			}
		}
	}
	set, err := dataset.New(pixels, labels, dataset.ArrayOptions{
		Name: name, Shape: []int{n, size, size}, Classes: []string{"level", "upright"}, Test: 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func ownConfig() Config {
	return Config{Channels: 2, BatchSize: 20, Seed: 3}
}

// A run on a data set in Go goes on without it, to the bit; another one is refused, and both are named.
func TestDataInGo(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	train := func(r *Run, err error, epochs int) *Run {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		if err := r.Train(ctx, epochs); err != nil {
			t.Fatal(err)
		}
		return r
	}
	c := ownConfig()
	c.Set = bars(t, "bars", 0)
	whole, err := Open(filepath.Join(dir, "whole"), c)
	whole = train(whole, err, 3)
	if whole.Config().Dataset != "bars" || whole.Config().Set != nil {
		t.Errorf("configuration %+v", whole.Config())
	}
	parts := filepath.Join(dir, "parts")
	for i, again := range []Config{c, {}, {Set: bars(t, "bars", 0)}} {
		r, err := Open(parts, again)
		r = train(r, err, 1)
		if i == 2 {
			sameRun(t, fingerprint(t, r), fingerprint(t, whole))
		}
		if names := r.ClassNames(); len(names) != 2 || names[0] != "level" {
			t.Errorf("classes %q", names)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(err error, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%v, want %q", err, part)
			}
		}
	}
	_, err = Open(parts, Config{Set: bars(t, "bars", 1)})
	refused(err, "it is trained on bars (100 training images of 2 classes, 1 channel, fingerprint ",
		"found bars (100 training images of 2 classes, 1 channel, fingerprint ")
	_, err = Open(parts, Config{Set: bars(t, "beams", 0)})
	refused(err, "it was made with Dataset bars, not beams")
	_, err = Open(parts, Config{Set: c.Set, Dataset: "mnist"})
	refused(err, "there are two data sets, bars as Set and mnist; leave one of them out")
	_, err = Open(parts, Config{Set: c.Set, Size: 8})
	refused(err, "say how files are read, and bars is given as Set")
	_, err = Open(filepath.Join(dir, "new"), Config{Set: &dataset.Set{Name: "empty"}})
	refused(err, "dataset: empty: images of 0×0×0")
	_, err = Open(filepath.Join(dir, "new"), Config{Dataset: "bars"})
	refused(err, `unknown data set "bars"`)

	// Without its copy, a run can be looked at, and says what it needs.
	if err := os.RemoveAll(filepath.Join(dir, cacheFolder)); err != nil {
		t.Fatal(err)
	}
	r, err := Open(parts)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Dataset()
	refused(err, "dataset: bars is not kept in ", "give it again as Config.Set, or with dataset.Register")
	if err := dataset.Register("bars", func() (*dataset.Set, error) { return bars(t, "x", 0), nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Dataset(); err != nil {
		t.Error(err)
	}
}

// A registered data set is a name like any other. Its runs open without it, too.
func TestRegisteredData(t *testing.T) {
	change := 0
	if err := dataset.Register("registered", func() (*dataset.Set, error) {
		return bars(t, "x", change),
			nil
	}); err != nil {
		t.Fatal(err)
	}
	c := ownConfig()
	c.Dataset = "Registered"
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Open(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := r.Config().Dataset; got != "registered" {
		t.Errorf("the run has %s", got)
	}
	if _, err := dataset.Kept(DataCache(dir), "registered", r.state.Fingerprint); err != nil {
		t.Error(err)
	}
	change = 1
	ro, err := OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ro.Dataset(); err == nil || !strings.Contains(err.Error(), "is trained on registered (") {
		t.Errorf("the function returns another set: %v", err)
	}
}

// Nets take images of any size, also of one pixel, and of one that is not square.
func TestImagesOfAnySize(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {2, 3}, {5, 7}, {20, 24}, {9, 1}} {
		set, err := dataset.New(make([]uint8, 8*size[0]*size[1]*3), []int{0, 1, 0, 1, 0, 1, 0, 1},
			dataset.ArrayOptions{Shape: []int{8, size[0], size[1], 3}, Layout: "NHWC", Test: 2})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Open(filepath.Join(t.TempDir(), "run"), Config{Set: set, Channels: 2, BatchSize: 3})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Train(context.Background(), 1); err != nil {
			t.Errorf("%v: %v", size, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// ownKillConfig is killConfig on a folder of images with a validation part and every step of augmentation.
func ownKillConfig(photos string) Config {
	c := killConfig()
	c.Dataset, c.Size, c.Validation, c.KeepBest = photos, 8, 0.2, PartValidation
	c.Augment = []string{"crop:2", "flip", "cutout:3", "jitter:0.3", "mixup", "cutmix"}
	return c
}

// TestKillOwnImages is TestKill on one's own images with a validation part: the process is killed while it decodes,
// keeps what it has decoded, trains or saves.
func TestKillOwnImages(t *testing.T) {
	photos, dir := greyPhotos(t, 60), filepath.Join(t.TempDir(), "run")
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for i := range 6 {
		cmd, lines := trainElsewhere(t, dir, trainEnv+"_OWN="+photos)
		if i > 1 { // the first ones may be killed before there is a run
			lines.next(t)
		}
		timer := time.NewTimer(time.Duration(rng.IntN(40_000)) * time.Microsecond)
		<-timer.C
		cmd.Process.Kill()
		for range lines.rest() {
		}
		cmd.Wait()
	}
	killed, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer killed.Close()
	if err := killed.TrainTo(context.Background(), killed.Epoch()+1); err != nil {
		t.Fatal(err)
	}
	whole, err := Open(filepath.Join(t.TempDir(), "run"), ownKillConfig(photos))
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	if err := whole.TrainTo(context.Background(), killed.Epoch()); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, killed), fingerprint(t, whole))
	if last, _ := killed.History().Last(); !last.Validated() {
		t.Error("the last epoch is not validated")
	}
}
