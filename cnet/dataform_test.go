package cnet

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"continuousnet/cnet/dataset"
)

// photosOf makes a folder of pictures in two colours, and returns it and one of the pictures.
func photosOf(t *testing.T, dir string) (folder, picture string) {
	t.Helper()
	folder = filepath.Join(dir, "photos")
	for class, c := range map[string]color.RGBA{"day": {200, 180, 90, 255}, "night": {20, 10, 60, 255}} {
		for i := range 12 {
			m := image.NewRGBA(image.Rect(0, 0, 10, 8))
			for p := range 80 {
				m.SetRGBA(p%10, p/10, color.RGBA{c.R + uint8(p*(i+1)%40), c.G, c.B + uint8(i), 255})
			}
			picture = filepath.Join(folder, class, strconv.Itoa(i)+".png")
			if err := os.MkdirAll(filepath.Dir(picture), 0o777); err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(picture)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return folder, picture
}

// tableOf writes points with two targets, or with a class, into a .csv file.
func tableOf(t *testing.T, dir string, classes bool) string {
	t.Helper()
	path := filepath.Join(dir, "table.csv")
	text := []byte("a,b,y1,y2\n")
	if classes {
		text = []byte("a,b,class\n")
	}
	for i := range 60 {
		a, b := float64(i%8)-3.5, float64(i/8)*10
		text = strconv.AppendFloat(text, a, 'g', -1, 64)
		text = strconv.AppendFloat(append(text, ','), b, 'g', -1, 64)
		if classes {
			text = append(text, ",left\n"...)
			if a > 0 {
				text = append(text[:len(text)-5], "right\n"...)
			}
			continue
		}
		text = strconv.AppendFloat(append(text, ','), 100*a+b, 'g', -1, 64)
		text = strconv.AppendFloat(append(text, ','), a*b/1000, 'g', -1, 64)
		text = append(text, '\n')
	}
	if err := errors.Join(os.MkdirAll(dir, 0o777), os.WriteFile(path, text, 0o666)); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPredictWithoutData: a copy of a run's folder predicts the same numbers and exports the same files without the
// data set, which is gone; only what needs the images says that they are missing.
func TestPredictWithoutData(t *testing.T) {
	for name, made := range map[string]func(dir string) (Config, string){
		"images": func(dir string) (Config, string) {
			folder, picture := photosOf(t, dir)
			return Config{Dataset: folder, Size: 6, Channels: 2, Validation: 0.2}, picture
		},
		"classes": func(dir string) (Config, string) {
			return Config{Dataset: tableOf(t, dir, true), Rate: "mlp-4-tanh"}, ""
		},
		"targets": func(dir string) (Config, string) {
			return Config{Dataset: tableOf(t, dir, false), Rate: "mlp-4-tanh"}, ""
		},
		"floats": func(string) (Config, string) {
			return Config{Set: smallDifferences(t), Channels: 2, NoAugment: true}, ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c, picture := made(filepath.Join(dir, "here"))
			c.BatchSize, c.LearningRate = 10, 0.01
			r, err := Open(filepath.Join(dir, "here", "run"), c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
			if err := r.Train(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
			copied := filepath.Join(dir, "there", "run")
			if err := os.CopyFS(copied, os.DirFS(r.Dir())); err != nil {
				t.Fatal(err)
			}
			image := filepath.Join(dir, "image.png")
			if picture != "" {
				text, err := os.ReadFile(picture)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(image, text, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want := answers(t, r, dir, image)
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(filepath.Join(dir, "here")); err != nil {
				t.Fatal(err)
			}
			there, err := OpenReadOnly(copied)
			if err != nil {
				t.Fatal(err)
			}
			defer there.Close()
			got := answers(t, there, dir, image)
			for what := range want {
				if !reflect.DeepEqual(got[what], want[what]) {
					t.Errorf("%s: %.200v, want %.200v", what, got[what], want[what])
				}
			}
			if len(got) != len(want) || there.set != nil {
				t.Errorf("%d answers, want %d; the data set is %v", len(got), len(want), there.set)
			}
			if _, err := there.Evaluate(context.Background()); err == nil || !strings.Contains(err.Error(), "run ") {
				t.Errorf("evaluation without data: %v", err)
			}

			there.state.Form = nil // as in a run from before it was kept
			_, err = there.PredictPoints(context.Background(), [][]float64{{1, 2}})
			wantError(t, err, "from before runs remembered how to normalise images")
		})
	}
}

// answers returns what a run says of an image or of points, without its data set: values, or the text of errors.
func answers(t *testing.T, r *Run, dir, image string) map[string]any {
	t.Helper()
	ctx := context.Background()
	all := map[string]any{}
	say := func(what string, value any, err error) {
		all[what] = value
		if err != nil {
			all[what] = strings.ReplaceAll(err.Error(), r.Dir(), "RUN")
		}
	}
	set, err := r.DataForm()
	if err != nil {
		t.Fatal(err)
	}
	say("form", []any{
		set.Name, set.Title, set.Height, set.Width, set.Channels, set.Classes, set.Coordinates, set.Targets, set.Mean,
		set.Std, set.TargetMean, set.TargetStd, set.Points(), set.Floats(), set.Things(),
	}, nil)
	if set.Points() {
		rows, err := r.PredictPoints(ctx, [][]float64{{1, 2}, {-3, 40}})
		if err != nil {
			t.Fatal(err)
		}
		say("points", rows, nil)
	} else {
		_, err := r.PredictPoints(ctx, nil)
		say("points", nil, err)
	}
	rows, err := r.PredictImages(ctx, make([]uint8, 2*set.ImageSize()))
	say("bytes", rows, err)
	if _, err := os.Stat(image); err == nil {
		predictions, err := r.PredictFiles(ctx, image)
		if err != nil {
			t.Fatal(err)
		}
		say("files", predictions, nil)
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, ext := range []string{".onnx", ".safetensors", ".npz"} {
		path := filepath.Join(dir, "file"+ext)
		if err := r.Export(path); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		say(ext, text, nil)
	}
	return all
}

// TestDataFormRefused: a form that does not fit the net is an error and no panic.
func TestDataFormRefused(t *testing.T) {
	c := ownConfig()
	c.Set = smallDifferences(t)
	r, err := Open(filepath.Join(t.TempDir(), "run"), c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.set = nil
	r.state.Form = &dataset.Form{Height: 8, Width: 8, Mean: []float64{0}}
	_, err = r.PredictImages(context.Background(), make([]uint8, 64))
	wantError(t, err, "does not fit together: 2 names of 2 outputs, 1 means and 0 deviations of 1 channel")
}
