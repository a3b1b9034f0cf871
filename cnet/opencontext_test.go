package cnet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// greyPhotos is a folder with n images of two classes.
func greyPhotos(t *testing.T, n int) string {
	t.Helper()
	photos := filepath.Join(t.TempDir(), "photos")
	for i := range n {
		m := image.NewGray(image.Rect(0, 0, 12, 10))
		for p := range m.Pix {
			m.Pix[p] = uint8(p*(i%2+1) + i)
		}
		path := filepath.Join(photos, []string{"slow", "steep"}[i%2], fmt.Sprintf("%d.png", i))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return photos
}

// TestOpenInterrupted ends the context while images are decoded: for a new run nothing is left, an existing one stays
// as it was.
func TestOpenInterrupted(t *testing.T) {
	results := t.TempDir()
	dir := filepath.Join(results, "run")
	c := killConfig()
	c.Dataset, c.Size = greyPhotos(t, 60), 8
	until := func(at int) (context.Context, OpenOptions) {
		ctx, cancel := context.WithCancel(context.Background())
		t.Cleanup(cancel)
		return ctx, OpenOptions{OnData: func(done, total int) {
			if done == at {
				cancel()
			}
		}}
	}
	ctx, o := until(70)
	if _, err := OpenContext(ctx, dir, c, o); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a run is left: %v", err)
	}
	ctx, o = until(1000)
	r, err := OpenContext(ctx, dir, c, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(results, cacheFolder)); err != nil {
		t.Fatal(err)
	}
	ctx, o = until(70)
	if r, err = OpenContext(ctx, dir, Config{}, o); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Train(ctx, 1); !errors.Is(err, context.Canceled) || r.Epoch() != 0 || r.Batch() != 0 {
		t.Errorf("training: %v", err)
	}
	if _, err := r.Evaluate(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("evaluation: %v", err)
	}
	if err := r.Train(context.Background(), 1); err != nil || r.Epoch() != 1 {
		t.Errorf("once more: %v", err)
	}
}
