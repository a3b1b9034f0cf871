package dataset

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"continuousnet/cnet/internal/words"
)

// A folder of images by class is torchvision's ImageFolder: DIR/PART/CLASS/IMAGE, where the part is train and test or
// val; or DIR/CLASS/IMAGE, which is split here. What lies in folders below a class belongs to it.

// imageFile is an image file with its class.
type imageFile struct {
	name  string // below the folder of the data set, with slashes
	label int32
}

func labelsOf(files []imageFile) []int32 {
	labels := make([]int32, len(files))
	for i, f := range files {
		labels[i] = f.label
	}
	return labels
}

// listing is the image files of a data set.
type listing struct {
	classes     []string
	train, test []imageFile
	notices     []string
	runs        []string // folders of runs, whose charts are no images
}

// testShare is the share of images that test a data set which does not say which do.
const testShare = 0.2

// testParts are the folders of test images, the one that is preferred first.
var testParts = []string{"test", "val", "valid", "validation"}

// readImages fills set from a folder of images by class.
func readImages(set *Set, dir folder, o Options) error {
	if !holdsImages(nil, dir) {
		return errNothingHere
	}
	if isRun(dir, ".") {
		return fmt.Errorf("dataset: %s is a run, and no folder of images; name the folder of its data set", dir.path)
	}
	set.Title = titleOf(dir.path)
	list, err := listFolder(dir, o.Seed)
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return readCached(set, dir, list, o)
}

// titleOf returns the name of a file or folder without what comes before and after it.
func titleOf(file string) string {
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	base := filepath.Base(file)
	return strings.TrimSuffix(base, ".npz")
}

// holdsImages reports whether there are folders with image files in dir: those of classes, or of parts with classes.
func holdsImages(_ *spec, dir folder) bool {
	for _, sub := range subfolders(dir, ".") {
		if hasImage(dir, sub) || slices.ContainsFunc(subfolders(dir, sub), func(s string) bool {
			return hasImage(dir,
				s)
		}) {
			return true
		}
	}
	return false
}

func hasImage(dir fs.FS, sub string) bool {
	entries, err := fs.ReadDir(dir, sub)
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return !e.IsDir() &&
			isImage(e.Name())
	})
}

// subfolders returns the folders in a folder, in the order of their names, links to folders included and hidden ones
// left out.
func subfolders(dir fs.FS, sub string) (names []string) {
	entries, _ := fs.ReadDir(dir, sub)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "__") { // __MACOSX, __pycache__
			continue
		}
		name := path.Join(sub, e.Name())
		if info, err := fs.Stat(dir, name); err == nil && info.IsDir() && !isRun(dir, name) && !onlyRuns(dir, name) {
			names = append(names, name)
		}
	}
	return names
}

// listFolder lists the images of a folder by part and class.
func listFolder(dir folder, seed uint64) (list listing, err error) {
	there := subfolders(dir, ".")
	// A part has folders of classes; a folder with images only may be a class that is called like a part.
	has := func(name string) bool { return slices.Contains(there, name) && len(subfolders(dir, name)) > 0 }
	test := slices.IndexFunc(testParts, has)
	if !has("train") {
		if test >= 0 {
			return list, fmt.Errorf("%s has %s/ and no train/; want train/CLASS/*.png beside it", dir.path,
				testParts[test])
		}
		all, err := list.part(dir, ".")
		if err != nil {
			return list, err
		}
		list.split(all, seed)
		return list, nil
	}
	if list.train, err = list.part(dir, "train"); err != nil {
		return list, err
	}
	if test < 0 {
		list.split(list.train, seed)
		list.notices = append(list.notices,
			fmt.Sprintf("there is no test/ or val/: %d images of train/ are for testing",
				len(list.test)))
		return list, nil
	}
	if list.test, err = list.part(dir, testParts[test]); err != nil {
		return list, err
	}
	for label, class := range list.classes {
		if !slices.ContainsFunc(list.test, func(f imageFile) bool { return f.label == int32(label) }) {
			list.notices = append(list.notices, fmt.Sprintf("%s/ has no images of class %s", testParts[test], class))
		}
	}
	for _, name := range testParts[test+1:] {
		if has(name) {
			list.notices = append(list.notices, fmt.Sprintf("%s/ is not used, as there is %s/", name, testParts[test]))
		}
	}
	return list, nil
}

// part lists the images in the folders of classes in sub. The first part names the classes, and others have no more.
func (list *listing) part(dir folder, sub string) (files []imageFile, err error) {
	folders := subfolders(dir, sub)
	list.runs = append(list.runs, runsIn(dir, sub)...)
	if len(folders) == 0 {
		return nil, fmt.Errorf("%s has no folders of classes; want CLASS/*.png in it", dir.join(sub))
	}
	first := list.classes == nil
	for _, f := range folders {
		class := path.Base(f)
		if !isText(class) {
			return nil, fmt.Errorf("%s has a folder %q, whose name is no text in UTF-8 that a class can be called by; "+
				"rename it", dir.join(sub), class)
		}
		label := slices.Index(list.classes, class)
		if first {
			label = len(list.classes)
			list.classes = append(list.classes, class)
		}
		if label < 0 {
			return nil, fmt.Errorf("%s is a class that train/ does not have; its classes are %s",
				dir.join(f), words.Some(list.classes, 10))
		}
		names, err := list.imagesBelow(dir, f, foldersTo(dir, sub))
		if err != nil {
			return nil, err
		}
		if len(names) == 0 && first {
			return nil,
				fmt.Errorf("%s has no images of its class; remove the folder, or put PNG, JPEG, GIF, BMP or WebP "+
					"files there", dir.join(f))
		}
		for _, name := range names {
			files = append(files, imageFile{name, int32(label)})
		}
	}
	switch {
	case len(list.classes) < 2:
		return nil, fmt.Errorf("%s has one class, %s; want a folder for each of at least two", dir.join(sub),
			list.classes[0])
	case len(files) == 0:
		return nil, fmt.Errorf("%s has no images; want CLASS/*.png in it", dir.join(sub))
	case len(files) > maxImages:
		return nil, fmt.Errorf("%s has %d images, want at most %d", dir.join(sub), len(files), maxImages)
	}
	return files, nil
}

// maxDepth is how many folders below each other are looked into.
const maxDepth = 16

// foldersTo returns the folders on the way to a folder of a data set, itself included, which links in it may lead to.
func foldersTo(dir fs.FS, sub string) (list []fs.FileInfo) {
	for {
		if info, err := fs.Stat(dir, sub); err == nil {
			list = append(list, info)
		}
		if sub == "." {
			return list
		}
		sub = path.Dir(sub)
	}
}

// imagesBelow lists the image files in a folder and in those below it, in the order of their names. above are the
// folders above it. Folders of runs are left out.
func (list *listing) imagesBelow(dir folder, sub string, above []fs.FileInfo) (names []string, err error) {
	here, err := fs.Stat(dir, sub)
	if err != nil {
		return nil, fmt.Errorf("%w; check that %s can be read", err, dir.join(sub))
	}
	if slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, here) }) {
		return nil, fmt.Errorf("%s is a link to a folder above it, so that there is no end of folders; remove the link",
			dir.join(sub))
	}
	if len(above) > maxDepth {
		return nil, fmt.Errorf("%s lies too deep; want at most %d folders below each other", dir.join(sub), maxDepth)
	}
	above = append(slices.Clone(above), here)
	entries, err := fs.ReadDir(dir, sub)
	if err != nil {
		return nil, fmt.Errorf("%w; check that %s can be read", err, dir.join(sub))
	}
	for _, e := range entries {
		name := path.Join(sub, e.Name())
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if info, err := fs.Stat(dir, name); err == nil && info.IsDir() {
			if isRun(dir, name) {
				list.runs = append(list.runs, name)
				continue
			}
			below, err := list.imagesBelow(dir, name, above)
			if err != nil {
				return nil, err
			}
			names = append(names, below...)
		} else if isImage(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// split divides files into training and test images.
func (list *listing) split(files []imageFile, seed uint64) {
	names, labels := make([]string, len(files)), make([]int32, len(files))
	for i, f := range files {
		names[i], labels[i] = strings.TrimPrefix(f.name, "train/"), f.label
	}
	list.train, list.test = nil, nil
	for i, test := range splitByName(names, labels, len(list.classes), seed) {
		if test {
			list.test = append(list.test, files[i])
		} else {
			list.train = append(list.train, files[i])
		}
	}
}
