package dataset

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"continuousnet/cnet/internal/words"
)

// The files of Tiny ImageNet (https://cs231n.stanford.edu/tiny-imagenet-200.zip): train/WNID/images/*.JPEG and
// val/images/*.JPEG. WNID is WordNet's number of a class; words.txt has what it is called, and val_annotations.txt the
// class of each image of val/. The images of test/ have no published classes, so that val/ is for testing.
const (
	tinyClasses     = "wnids.txt"
	tinyWords       = "words.txt"
	tinyAnnotations = "val/val_annotations.txt"
	tinyTestImages  = "val/images"
)

// holdsTiny reports whether there are files of Tiny ImageNet.
func holdsTiny(_ *spec, dir folder) bool { return dir.has(tinyAnnotations) || dir.has(tinyClasses) }

// readTiny fills set from Tiny ImageNet as it is distributed, or from one whose val/ has been sorted into folders of
// classes, as is often done.
func readTiny(set *Set, dir folder, o Options) error {
	if !holdsTiny(nil, dir) {
		return errNothingHere
	}
	var list listing
	var err error
	if list.train, err = list.part(dir, "train"); err != nil {
		return fmt.Errorf("dataset: %w; %s", err, remedy(set.Name))
	}
	switch {
	case dir.has(tinyAnnotations):
		err = list.annotated(dir)
	case hasImage(dir, tinyTestImages):
		err = fmt.Errorf("%s is missing, which has the classes of the images in %s", dir.join(tinyAnnotations),
			tinyTestImages)
	default:
		list.test, err = list.part(dir, "val")
	}
	if err != nil {
		return fmt.Errorf("dataset: %w; %s", err, remedy(set.Name))
	}
	if err := list.callByWords(dir); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return readCached(set, dir, list, o)
}

// annotated lists the test images with the classes that val_annotations.txt gives them: a line of words between tabs
// for each, the file, its class and the corners of a box.
func (list *listing) annotated(dir folder) error {
	text, err := fs.ReadFile(dir, tinyAnnotations)
	if err != nil {
		return fmt.Errorf("%w; check that %s can be read", err, dir.join(tinyAnnotations))
	}
	there, err := list.imagesBelow(dir, tinyTestImages, nil)
	if err != nil {
		return err
	}
	missing := map[string]bool{} // of a class
	for _, name := range there {
		missing[name] = true
	}
	named := map[string]bool{}
	var absent []string
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), "\t")
		if lines.Text() == "" {
			continue
		}
		fail := func(format string, args ...any) error {
			return fmt.Errorf("%s: line %d: %s", dir.join(tinyAnnotations), n, fmt.Sprintf(format, args...))
		}
		if len(fields) < 2 {
			return fail("%.40q, want a file, its class and a box, with tabs between them", lines.Text())
		}
		name := path.Join(tinyTestImages, fields[0])
		label := slices.Index(list.classes, fields[1])
		switch {
		case label < 0:
			return fail("class %.40q, want one of those in train/: %s", fields[1], words.Some(list.classes, 3))
		case named[name]:
			return fail("the image %.60q is named a second time", fields[0])
		}
		named[name] = true
		if !missing[name] {
			absent = append(absent, fmt.Sprintf("%.60s", fields[0]))
			continue
		}
		delete(missing, name)
		list.test = append(list.test, imageFile{name, int32(label)})
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", dir.join(tinyAnnotations), err)
	}
	if len(absent) > 0 {
		return fmt.Errorf("%s: %d of the %d images that it names are not in %s: %s", dir.join(tinyAnnotations),
			len(absent), len(named), tinyTestImages, words.Some(absent, shown))
	}
	if len(missing) > 0 {
		list.notices = append(list.notices,
			fmt.Sprintf("%d images of val/ have no class in val_annotations.txt, and are "+
				"left out", len(missing)))
	}
	if len(list.test) == 0 {
		return fmt.Errorf("%s names no images", dir.join(tinyAnnotations))
	}
	return nil
}

// callByWords calls the classes by the first of the words that words.txt has for each; several that would be called
// alike keep their number as well.
func (list *listing) callByWords(dir folder) error {
	if !dir.has(tinyWords) {
		return nil
	}
	text, err := fs.ReadFile(dir, tinyWords)
	if err != nil {
		return fmt.Errorf("%w; check that %s can be read", err, dir.join(tinyWords))
	}
	called, times := map[string]string{}, map[string]int{}
	for line := range strings.Lines(string(text)) {
		id, all, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if first, _, _ := strings.Cut(all, ","); ok && slices.Contains(list.classes, id) {
			called[id] = first
			times[first]++
		}
	}
	names := slices.Clone(list.classes)
	for i, id := range names {
		switch word, ok := called[id]; {
		case ok && times[word] > 1:
			names[i] = word + " " + id
		case ok:
			names[i] = word
		}
	}
	list.classes = names
	return nil
}
