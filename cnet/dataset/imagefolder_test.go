package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"

	"continuousnet/cnet/dataset/internal/check"
)

// plain is a picture of one colour.
func plain(width, height int, c color.Color) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, c)
		}
	}
	return m
}

func pngOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// files writes files into a new folder, which is returned.
func files(t *testing.T, contents map[string][]byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "photos")
	for name, data := range contents {
		check.WriteFile(t, dir, name, data)
	}
	return dir
}

// colours has a red, a green and a blue picture of 6×4 pixels to train on, and one each to test with.
func colours(t *testing.T) map[string][]byte {
	t.Helper()
	contents := map[string][]byte{}
	for name, c := range map[string]color.RGBA{"red": {R: 200, A: 255}, "green": {G: 150, A: 255}, "blue": {B: 99,
		A: 255}} {
		contents["train/"+name+"/1.png"] = pngOf(t, plain(6, 4, c))
		contents["test/"+name+"/2.png"] = pngOf(t, plain(6, 4, c))
	}
	return contents
}

func TestImageFolder(t *testing.T) {
	dir := files(t, colours(t))
	set, err := Load(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"blue", "green", "red"}; !slices.Equal(set.Classes, want) || set.Title != "photos" {
		t.Errorf("%s with classes %q, want photos with %q", set.Title, set.Classes, want)
	}
	if set.Height != 4 || set.Width != 6 || set.Channels != 3 || set.Train.Len() != 3 || set.Test.Len() != 3 {
		t.Errorf("%d and %d images of %d×%d×%d", set.Train.Len(), set.Test.Len(), set.Height, set.Width, set.Channels)
	}
	for _, split := range []Split{set.Train, set.Test} {
		want := slices.Concat(bytes.Repeat([]byte{0, 0, 99}, 24), bytes.Repeat([]byte{0, 150, 0}, 24),
			bytes.Repeat([]byte{200, 0, 0}, 24))
		if !bytes.Equal(split.Images, want) || !slices.Equal(split.Labels, []int32{0, 1, 2}) {
			t.Errorf("images %v with labels %v", split.Images, split.Labels)
		}
	}
	// 200 in one of three images: mean 200/3, variance 200²·2/9.
	if got, want := set.Mean[0], 200./3/255; !near(got, want) {
		t.Errorf("mean of red %v, want %v", got, want)
	}
	if got, want := set.Std[0]*set.Std[0], 200.*200*2/9/255/255; !near(got, want) {
		t.Errorf("variance of red %v, want %v", got, want)
	}
	if again, err := Load("images", dir); err != nil || again.Fingerprint() != set.Fingerprint() {
		t.Errorf("by its kind: %v", err)
	}
}

func near(got, want float64) bool { return got-want < 1e-12 && want-got < 1e-12 }

// Every format that is read, under any case of its name; what has no colours stays grey.
func TestImageFormats(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range gray.Pix {
		gray.Pix[i] = 120
	}
	ramp := make(color.Palette, 256)
	for i := range ramp {
		ramp[i] = color.Gray{uint8(i)}
	}
	paletted := image.NewPaletted(gray.Rect, ramp)
	for i := range paletted.Pix {
		paletted.Pix[i] = 120
	}
	encode := func(f func(*bytes.Buffer) error) []byte {
		var b bytes.Buffer
		if err := f(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	jpg := encode(func(b *bytes.Buffer) error { return jpeg.Encode(b, gray, nil) })
	contents := map[string][]byte{
		"a/1.png": pngOf(t, gray), "a/2.JPG": jpg, "a/deep/er/3.jpeg": jpg,
		"b/4.gif": encode(func(b *bytes.Buffer) error { return gif.Encode(b, paletted, nil) }),
		"b/5.bmp": encode(func(b *bytes.Buffer) error { return bmp.Encode(b, gray) }),
		"b/6.png": pngOf(t, paletted), "b/notes.txt": []byte("no image"), "b/.hidden.png": nil,
		".git/x.png": nil,
	}
	set, err := Load(files(t, contents), "")
	if err != nil {
		t.Fatal(err)
	}
	if set.Channels != 1 || set.Train.Len()+set.Test.Len() != 6 || !slices.Equal(set.Classes, []string{"a", "b"}) {
		t.Fatalf("%d channels, %d images, classes %q", set.Channels, set.Train.Len()+set.Test.Len(), set.Classes)
	}
	for _, p := range slices.Concat(set.Train.Images, set.Test.Images) {
		if p != 120 {
			t.Fatalf("a pixel is %d, want 120", p)
		}
	}
	webp, err := os.ReadFile("testdata/green.webp")
	if err != nil {
		t.Fatal(err)
	}
	contents["b/7.webp"] = webp
	if set, err = Load(files(t, contents), ""); err != nil || set.Channels != 3 {
		t.Errorf("a picture with colours among grey ones: %v", err)
	}
}

// The middle of a picture is scaled to the size; transparency changes no colour.
func TestImageSize(t *testing.T) {
	wide := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for y := range 20 {
		for x := range 40 {
			c := color.NRGBA{R: 255, A: 7} // the sides
			if 10 <= x && x < 30 {
				c = color.NRGBA{G: uint8(100 + 100*(x%2)), A: 7}
			}
			wide.SetNRGBA(x, y, c)
		}
	}
	tall := plain(5, 90, color.RGBA{B: 255, A: 255})
	contents := map[string][]byte{}
	for i := range 3 {
		contents[fmt.Sprintf("wide/%d.png", i)], contents[fmt.Sprintf("tall/%d.png", i)] = pngOf(t, wide), pngOf(t,
			tall)
	}
	dir := files(t, contents)
	_, err := Load(dir, "")
	check.Error(t, err, "2 different sizes|has 5×90 pixels|has 40×20|--size N")
	set, err := Load(dir, "", Options{Size: 10})
	if err != nil {
		t.Fatal(err)
	}
	if set.Height != 10 || set.Width != 10 || set.Flip != true {
		t.Errorf("%d×%d, flip %t", set.Height, set.Width, set.Flip)
	}
	for i, label := range set.Train.Labels {
		center := set.Train.Images[i*300+3*55:][:3]
		switch set.Classes[label] {
		case "tall":
			if !slices.Equal(center, []uint8{0, 0, 255}) {
				t.Errorf("the middle of a tall picture is %v", center)
			}
		case "wide": // two columns become one, of their mean
			if center[0] != 0 || center[1] < 140 || center[1] > 160 || center[2] != 0 {
				t.Errorf("the middle of a wide picture is %v, want about [0 150 0]", center)
			}
		}
	}
}

// The first picture of a GIF may be smaller than the whole; the others do not count.
func TestGIF(t *testing.T) {
	palette := color.Palette{color.Black, color.RGBA{R: 255, A: 255}}
	frame := func(r image.Rectangle) *image.Paletted {
		m := image.NewPaletted(r, palette)
		for i := range m.Pix {
			m.Pix[i] = 1
		}
		return m
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{frame(image.Rect(2, 1, 6, 4)), frame(image.Rect(0, 0, 6,
		4))},
		Delay: []int{1, 1}, Config: image.Config{ColorModel: palette, Width: 6, Height: 4}})
	if err != nil {
		t.Fatal(err)
	}
	contents := colours(t)
	contents["test/red/2.gif"] = b.Bytes()
	delete(contents, "test/red/2.png")
	set, err := Load(files(t, contents), "")
	if err != nil {
		t.Fatal(err)
	}
	picture := set.Test.Images[2*72:]
	if picture[0] != 0 || picture[(1*6+2)*3] != 255 || picture[(3*6+5)*3] != 255 || picture[(0*6+3)*3] != 0 {
		t.Errorf("the picture is %v", picture)
	}
}

// A link to nothing is a bad file like any other, with a cache as well.
func TestLinkToNothing(t *testing.T) {
	dir := files(t, colours(t))
	if err := os.Symlink("nowhere.png", filepath.Join(dir, "train/red/link.png")); err != nil {
		t.Skip(err)
	}
	o := Options{Cache: filepath.Join(t.TempDir(), "cache")}
	_, err := Load(dir, "", o)
	check.Error(t, err, "1 of 7 images: train/red/link.png (no such file or directory)")
	o.SkipBad = true
	if set, err := Load(dir, "", o); err != nil || set.Train.Len() != 3 {
		t.Errorf("left out: %v", err)
	}
}

// Which images test depends on seed and name alone: others stay where they are when some are added.
func TestSplitByName(t *testing.T) {
	const n = 3000
	names, labels := make([]string, n), make([]int32, n)
	for i := range names {
		names[i], labels[i] = fmt.Sprintf("c%d/IMG_%04d.jpg", i%3, i), int32(i%3)
	}
	test := splitByName(names, labels, 3, 0)
	count, moved := 0, 0
	other := splitByName(names, labels, 3, 1)
	for i := range test {
		if test[i] {
			count++
		}
		if test[i] != other[i] {
			moved++
		}
	}
	if count < n/5-80 || count > n/5+80 { // four standard deviations
		t.Errorf("%d of %d are for testing, want a fifth", count, n)
	}
	if moved < n/5 {
		t.Errorf("another seed moves %d", moved)
	}
	fewer := splitByName(names[:1000], labels[:1000], 3, 0)
	if !slices.Equal(fewer, test[:1000]) {
		t.Error("images move when others are added")
	}
	for seed := range uint64(50) { // two of each class: one to train on, one to test with
		pairs := splitByName(names[:6], labels[:6], 3, seed)
		for c := range 3 {
			if pairs[c] == pairs[c+3] {
				t.Fatalf("seed %d: class %d has both images in the same part", seed, c)
			}
		}
	}
}

// A folder without parts is split, one with train/ alone too; val/ and test/ are not mixed.
func TestImageParts(t *testing.T) {
	all := colours(t)
	for _, tc := range []struct {
		keep   func(string) string // the new name; "": leave out
		notice string
	}{
		{func(s string) string { return strings.Replace(s, "test/", "val/", 1) }, ""},
		{func(s string) string { return strings.Replace(s, "test/", "train/", 1) },
			"no test/ or val/: 3 images of train/"},
		{func(s string) string { _, s, _ = strings.Cut(s, "/"); return s }, ""},
	} {
		contents := map[string][]byte{}
		for name, data := range all {
			if name = tc.keep(name); name != "" {
				contents[name] = data
			}
		}
		set, err := Load(files(t, contents), "")
		if err != nil {
			t.Fatal(err)
		}
		if set.Train.Len() != 3 || set.Test.Len() != 3 || !strings.Contains(set.Notice, tc.notice) {
			t.Errorf("%d and %d images, %q", set.Train.Len(), set.Test.Len(), set.Notice)
		}
	}
	// A class may be called like a part.
	cars := map[string][]byte{}
	for name, data := range all {
		_, name, _ = strings.Cut(name, "/")
		cars[strings.NewReplacer("red/", "train/", "blue/", "test/").Replace(name)] = data
	}
	if set, err := Load(files(t, cars), ""); err != nil || !slices.Equal(set.Classes, []string{"green", "test",
		"train"}) {
		t.Errorf("classes called train and test: %v", err)
	}
	// Images to test without classes are no part.
	unlabelled := colours(t)
	for _, c := range []string{"red", "green", "blue"} {
		unlabelled["val/"+c+"/7.png"] = unlabelled["test/"+c+"/2.png"]
		delete(unlabelled, "test/"+c+"/2.png")
	}
	unlabelled["test/1.png"] = all["test/red/2.png"]
	if set, err := Load(files(t, unlabelled), ""); err != nil || set.Test.Len() != 3 {
		t.Errorf("test/ without classes: %v", err)
	}
	contents := colours(t)
	contents["val/red/9.png"] = contents["test/red/2.png"]
	set, err := Load(files(t, contents), "")
	if err != nil || set.Test.Len() != 3 || !strings.Contains(set.Notice, "val/ is not used, as there is test/") {
		t.Errorf("test/ and val/: %v, %q", err, set.Notice)
	}
}

// headerOf is the beginning of a PNG file that says it has so many pixels.
func headerOf(width, height uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")
	b = binary.BigEndian.AppendUint32(b, width)
	b = binary.BigEndian.AppendUint32(b, height)
	b = append(b, 8, 2, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
}

// cmykJPEG is the beginning of a JPEG file of four colours, as far as its frame header.
func cmykJPEG() []byte {
	frame := []byte{0xff, 0xc0, 0, 20, 8, 0, 4, 0, 6, 4}
	for c := range byte(4) {
		frame = append(frame, c+1, 0x11, 0)
	}
	adobe := append([]byte{0xff, 0xee, 0, 14}, "Adobe\x00\x64\x00\x00\x00\x00\x00"...)
	return slices.Concat([]byte{0xff, 0xd8}, adobe, frame, []byte{0xff, 0xda, 0, 2})
}

// Each file that cannot be used is named with the reason, or left out with SkipBad.
func TestBadImages(t *testing.T) {
	good := pngOf(t, plain(6, 4, color.RGBA{R: 1, A: 255}))
	for name, tc := range map[string]struct {
		file string
		data []byte
		want string
	}{
		"truncated":   {"train/red/bad.png", good[:len(good)-20], "train/red/bad.png (the file is truncated)"},
		"header only": {"train/red/bad.png", good[:20], "train/red/bad.png (the file is truncated)"},
		"empty":       {"train/red/bad.png", nil, "train/red/bad.png ("},
		"text": {"train/red/bad.jpg", []byte("<html>not found</html>"),
			"bad.jpg (the contents are no PNG, JPEG"},
		"checksum": {"test/red/bad.png", flipped(good, len(good)-20), "test/red/bad.png (png: invalid format"},
		"huge": {"train/red/bad.png", headerOf(200_000, 100_000),
			"200000×100000 pixels, want at most 100 million"},
		"huge beyond int":  {"train/red/bad.png", headerOf(0x7fffffff, 0x7fffffff), "bad.png ("},
		"CMYK":             {"train/red/bad.jpg", cmykJPEG(), "the image is CMYK"},
		"another format":   {"train/red/bad.TIFF", []byte("II*\x00"), "the format .TIFF is not read; want PNG, JPEG"},
		"HEIC of a phone":  {"train/red/IMG_1.heic", []byte("ftyp"), "the format .heic is not read"},
		"JPEG called .png": {"train/red/bad.png", []byte("\xff\xd8\xff\xe0"), "bad.png (the file is truncated)"},
	} {
		t.Run(name, func(t *testing.T) {
			contents := colours(t)
			contents[tc.file] = tc.data
			dir := files(t, contents)
			_, err := Load(dir, "")
			check.Error(t, err, "1 of 7 images|"+tc.want+"|--skip-bad")
			set, err := Load(dir, "", Options{SkipBad: true})
			if err != nil {
				t.Fatal(err)
			}
			if set.Train.Len()+set.Test.Len() != 6 || !strings.Contains(set.Notice, "left out 1 of 7 images: ") {
				t.Errorf("%d images left, %q", set.Train.Len()+set.Test.Len(), set.Notice)
			}
			whole, err := Load(files(t, colours(t)), "")
			if err != nil || !bytes.Equal(whole.Train.Images, set.Train.Images) ||
				!bytes.Equal(whole.Test.Images, set.Test.Images) {
				t.Errorf("what is left is not what was there without the bad file: %v", err)
			}
		})
	}
}

func flipped(data []byte, at int) []byte {
	data = slices.Clone(data)
	data[at] ^= 0x40
	return data
}

// Folders that are no data set: one error says what there is and what is wanted.
func TestBadFolders(t *testing.T) {
	red := pngOf(t, plain(6, 4, color.RGBA{R: 1, A: 255}))
	for name, tc := range map[string]struct {
		contents map[string][]byte
		options  Options
		want     string
	}{
		"no images": {map[string][]byte{"a/x.txt": nil, "b/y.txt": nil}, Options{}, "holds none of the data sets"},
		"no classes": {map[string][]byte{"1.png": red, "2.png": red}, Options{},
			"photos has images and no folders of classes; want them in CLASS/*.png below it"},
		"one class": {map[string][]byte{"a/1.png": red, "a/2.png": red}, Options{}, "has one class, a; want"},
		"one class, train": {map[string][]byte{"train/a/1.png": red, "test/a/2.png": red}, Options{},
			"has one class, a"},
		"an empty class": {map[string][]byte{"a/1.png": red, "a/2.png": red, "b/notes.txt": nil}, Options{},
			"photos/b has no images of its class"},
		"another class to test": {map[string][]byte{"train/a/1.png": red, "train/b/1.png": red, "test/c/1.png": red},
			Options{}, "photos/test/c is a class that train/ does not have; its classes are a, b"},
		"nothing to test": {map[string][]byte{"a/1.png": red, "b/1.png": red}, Options{},
			"there are no images to test with"},
		"no train": {map[string][]byte{"test/a/1.png": red, "test/b/1.png": red}, Options{}, "has test/ and no train/"},
		"only bad": {map[string][]byte{"a/1.png": nil, "b/1.png": nil, "b/2.png": nil}, Options{SkipBad: true},
			"no image can be used: 3 of 3 images"},
		"a class of bad ones": {map[string][]byte{"a/1.png": nil, "b/1.png": red, "b/2.png": red},
			Options{SkipBad: true},
			"no image of class a to train on"},
		"size": {map[string][]byte{"a/1.png": red, "b/1.png": red}, Options{Size: 5000}, "size 5000, want 1 to 4096"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := files(t, tc.contents)
			_, err := Load(dir, "", tc.options)
			check.Error(t, err, "dataset: |"+tc.want)
		})
	}
	_, err := Load(filepath.Join(t.TempDir(), "nowhere"), "")
	check.Error(t, err, "there is no folder |nowhere")
	_, err = Load("fashion-sample", "", Options{Size: 8})
	check.Error(t, err, "all images of Fashion-MNIST sample have one size|leave --size out")
	_, err = Load("images", "")
	check.Error(t, err, "images is a kind of data sets|name its folder or file, with --dataset")
}

// The cache is used as long as the folder is the same, and a damaged one is made anew.
func TestImageCache(t *testing.T) {
	dir, cache := files(t, colours(t)), filepath.Join(t.TempDir(), "cache")
	o := Options{Cache: cache}
	first, err := Load(dir, "", o)
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(cache, "photos-*.data"))
	if err != nil || len(found) != 1 {
		t.Fatalf("cache files %q, %v", found, err)
	}
	content, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string, want *Set) {
		t.Helper()
		set, err := Load(dir, "", o)
		if err != nil || set.Fingerprint() != want.Fingerprint() || set.Title != want.Title ||
			set.Notice != want.Notice {
			t.Errorf("%s: %+v, %v", what, set, err)
		}
	}
	// With another pixel and a right checksum in the cache, it is the cache that is read.
	other := *first
	other.Train = Split{Images: slices.Clone(first.Train.Images), Labels: first.Train.Labels}
	other.Train.Images[0]++
	list, err := listFolder(folder{os.DirFS(dir), dir}, 0)
	if err != nil {
		t.Fatal(err)
	}
	source := sourceOf(first, folder{os.DirFS(dir), dir}, list, o)
	if err := writeCache(found[0], source, &other, Options{}); err != nil {
		t.Fatal(err)
	}
	same("the same folder", &other)
	for at := 0; at < len(content); at += 7 {
		if err := os.WriteFile(found[0], flipped(content, at), 0o666); err != nil {
			t.Fatal(err)
		}
		same(fmt.Sprintf("damaged at byte %d", at), first)
	}
	for n := 0; n < len(content); n += 31 {
		if err := os.WriteFile(found[0], content[:n], 0o666); err != nil {
			t.Fatal(err)
		}
		same(fmt.Sprintf("cut at byte %d", n), first)
	}
	check.WriteFile(t, dir, "train/red/3.png", pngOf(t, plain(6, 4, color.RGBA{R: 9, A: 255})))
	set, err := Load(dir, "", o)
	if err != nil || set.Train.Len() != 4 {
		t.Errorf("with a new file: %v", err)
	}
	// Where it cannot be written, there is none.
	blocked := filepath.Join(dir, "train/red/1.png")
	if set, err = Load(dir, "", Options{Cache: blocked}); err != nil || !strings.Contains(set.Notice, "are not kept") {
		t.Errorf("no folder for the cache: %v", err)
	}
}

// Files whose heads are bad and files whose pixels are bad are named in one error.
func TestAllBadFilesAtOnce(t *testing.T) {
	dir := t.TempDir()
	whole := pngOf(t, plain(6, 5, color.White))
	files := map[string][]byte{"a/head.png": []byte("no picture"), "a/pixels.png": whole[:len(whole)-20]}
	for i := range 8 {
		files[fmt.Sprintf("%c/%d.png", 'a'+i%2, i)] = whole
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Load(dir, "")
	if err == nil || !strings.Contains(err.Error(), "2 of 10 images") || !strings.Contains(err.Error(), "head.png") ||
		!strings.Contains(err.Error(), "pixels.png") {
		t.Errorf("%v, want both files named", err)
	}
}
