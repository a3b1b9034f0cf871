package dataset

import (
	"archive/zip"
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/dataset/internal/check"
)

// tiny has Tiny ImageNet with three classes, two of which are called alike, in its folder.
func tiny(t *testing.T) map[string][]byte {
	t.Helper()
	picture := func(m image.Image) []byte {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	gray := image.NewGray(image.Rect(0, 0, 64, 64)) // there are some
	for i := range gray.Pix {
		gray.Pix[i] = 90
	}
	const dir = "tiny-imagenet-200/"
	contents := map[string][]byte{
		dir + "wnids.txt": []byte("n03\nn01\nn02\n"),
		dir + "words.txt": []byte("n00\tentity\nn01\tgoldfish, Carassius auratus\nn02\tcrane\n" +
			"n03\tcrane, a bird\n"),
		dir + tinyAnnotations: []byte("val_0.JPEG\tn02\t0\t0\t62\t62\nval_1.JPEG\tn01\t1\t1\t9\t9\n"),
	}
	for i, id := range []string{"n01", "n02", "n03"} {
		contents[dir+"train/"+id+"/images/"+id+"_0.JPEG"] = picture(plain(64, 64, color.RGBA{R: uint8(100 * i),
			A: 255}))
		contents[dir+"train/"+id+"/"+id+"_boxes.txt"] = []byte("n01_0.JPEG\t0\t0\t9\t9\n")
	}
	contents[dir+"val/images/val_0.JPEG"] = picture(gray)
	contents[dir+"val/images/val_1.JPEG"] = picture(plain(64, 64, color.RGBA{G: 200, A: 255}))
	contents[dir+"test/images/test_0.JPEG"] = picture(gray)
	return contents
}

// zipOf packs files.
func zipOf(t *testing.T, contents map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range contents {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// As it is distributed, packed or not, from the folder, the one above, or the archive.
func TestTinyImageNet(t *testing.T) {
	contents := tiny(t)
	dir := files(t, contents)
	packed := files(t, map[string][]byte{"tiny-imagenet-200.zip": zipOf(t, contents)})
	var first *Set
	for _, path := range []string{
		dir, filepath.Join(dir, "tiny-imagenet-200"), packed, filepath.Join(packed, "tiny-imagenet-200.zip"),
	} {
		if name, _, err := Resolve("", path); name != "tinyimagenet" || err != nil {
			t.Errorf("%s is %s, %v", path, name, err)
		}
		set, err := Load("Tiny-ImageNet", path, Options{Cache: filepath.Join(t.TempDir(), "cache")})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = set
		}
		if set.Fingerprint() != first.Fingerprint() || set.Title != "Tiny ImageNet" {
			t.Errorf("%s is another set: %+v", path, set)
		}
		labels, err := Labels("tinyimagenet", path)
		if err != nil || labels.Train.Len() != 3 || labels.Test.Len() != 2 || labels.Train.Images != nil {
			t.Errorf("%s: labels %+v, %v", path, labels, err)
		}
	}
	if want := []string{"goldfish", "crane n02", "crane n03"}; !slices.Equal(first.Classes, want) {
		t.Errorf("classes %q, want %q", first.Classes, want)
	}
	if first.Height != 64 || first.Width != 64 || first.Channels != 3 || !slices.Equal(first.Test.Labels, []int32{1,
		0}) ||
		!slices.Equal(first.Train.Labels, []int32{0, 1, 2}) || first.Mean[0] != 0.4802 || !first.Flip {
		t.Errorf("%d×%d×%d, labels %v and %v", first.Height, first.Width, first.Channels, first.Train.Labels,
			first.Test.Labels)
	}
	if got := first.Test.Images[:3]; !slices.Equal(got, []uint8{90, 90, 90}) {
		t.Errorf("a grey picture is %v", got)
	}
	small, err := Load("tinyimagenet", dir, Options{Size: 32})
	if err != nil || small.Height != 32 {
		t.Errorf("of another size: %v", err)
	}
	// val/ sorted into folders.
	sorted := map[string][]byte{}
	for name, data := range contents {
		name = strings.Replace(name, "val/images/val_0", "val/n02/val_0", 1)
		name = strings.Replace(name, "val/images/val_1", "val/n01/val_1", 1)
		if !strings.HasSuffix(name, tinyAnnotations) {
			sorted[name] = data
		}
	}
	set, err := Load("tinyimagenet", files(t, sorted))
	if err != nil || !slices.Equal(set.Test.Labels, []int32{0, 1}) {
		t.Errorf("sorted: %v", err)
	}
}

func TestBadTinyImageNet(t *testing.T) {
	const dir = "tiny-imagenet-200/"
	for name, tc := range map[string]struct {
		file, text string // "": the file is missing
		want       string
	}{
		"class": {tinyAnnotations, "val_0.JPEG\tn09\t0\n",
			`val_annotations.txt: line 1: class "n09", want one of those`},
		"file": {tinyAnnotations, "val_0.JPEG\tn01\nval_7.JPEG\tn01\n",
			"val_annotations.txt: 1 of the 2 images that it names are not in val/images: val_7.JPEG"},
		"twice": {tinyAnnotations, "val_0.JPEG\tn01\nval_0.JPEG\tn01\n",
			`line 2: the image "val_0.JPEG" is named a second time`},
		"no tabs":   {tinyAnnotations, "val_0.JPEG n01\n", `line 1: "val_0.JPEG n01", want a file, its class`},
		"none":      {tinyAnnotations, "\n", "val_annotations.txt names no images"},
		"escape":    {tinyAnnotations, "../../wnids.txt\tn01\n", "are not in val/images: ../../wnids.txt"},
		"one class": {"train/n02", "", "has no images of its class"},
		"bad image": {"val/images/val_0.JPEG", "x", "1 of 5 images: val/images/val_0.JPEG ("},
		"other size": {"val/images/val_0.JPEG", string(pngOf(t, plain(9, 9, color.Black))),
			"val/images/val_0.JPEG (9×9 pixels, want 64×64)|--size N"},
	} {
		t.Run(name, func(t *testing.T) {
			contents := tiny(t)
			if tc.text == "" {
				delete(contents, dir+"train/n02/images/n02_0.JPEG")
			} else {
				contents[dir+tc.file] = []byte(tc.text)
			}
			_, err := Load("tinyimagenet", files(t, contents))
			check.Error(t, err, "dataset: |"+tc.want)
		})
	}
	_, err := Load("tinyimagenet", t.TempDir())
	check.Error(t, err,
		`Tiny ImageNet not found in |(looked for wnids.txt); run "cnet data get tinyimagenet" or pass --data`)
	data := zipOf(t, tiny(t))
	path := filepath.Join(files(t, map[string][]byte{"tiny-imagenet-200.zip": data[:len(data)/2]}),
		"tiny-imagenet-200.zip")
	_, err = Load(path, "")
	check.Error(t, err, "tiny-imagenet-200.zip: zip: not a valid zip file")
	_, err = Load(filepath.Join(files(t, map[string][]byte{"a.zip": zipOf(t, map[string][]byte{"x/a.png": nil})}),
		"a.zip"), "")
	check.Error(t, err, "a.zip holds none of the data sets")
}
