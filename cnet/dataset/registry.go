package dataset

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"continuousnet/cnet/internal/words"
)

// spec describes a data set before its files are read. What is not known before is 0 or nil.
type spec struct {
	name, title             string
	aliases                 []string // besides name, compared without case, hyphens and underscores
	height, width, channels int
	classes                 []string
	numClasses              int // if the classes are not known before
	mean, std               []float64
	flip                    bool
	lookFor                 string   // the file by which a person recognises the folder of the set
	folders                 []string // below DIR, where the archive itself and other libraries put the files
	archives                []string // in DIR, too, as they are downloaded
	file                    bool     // the set is a file, not a folder
	decodes                 bool     // the set is of image files, which are decoded
	read                    func(*Set, folder, Options) error
	holds                   func(*spec, folder) bool  // reports whether files of the set are there; nil: it has none
	load                    func() (*Set, error)      // of a set that Register has made known
	make                    func(*Set, Options) error // of a set that is made, and not read
}

// The means and deviations are those in common use with each set, so that
// results compare: for CIFAR-10 the deviations are averaged over images (Kuang
// Liu's pytorch-cifar and most of the literature), not taken over all pixels.
var specs = []spec{
	{
		name: "cifar10", title: "CIFAR-10",
		height: 32, width: 32, channels: 3, classes: cifar10Classes,
		mean: []float64{0.4914, 0.4822, 0.4465}, std: []float64{0.2023, 0.1994, 0.2010}, flip: true,
		lookFor: "data_batch_1.bin",
		folders: []string{"cifar-10-batches-bin", "cifar10", "cifar10/cifar-10-batches-bin",
			"cifar-10-batches-py", "cifar10/cifar-10-batches-py"},
		archives: []string{"cifar-10-python.tar.gz", "cifar-10-binary.tar.gz"},
		read:     readEither(cifar10, cifar10Python), holds: holdsEither(cifar10, cifar10Python),
	},
	{
		name: "cifar100", title: "CIFAR-100",
		height: 32, width: 32, channels: 3, classes: cifar100Classes,
		mean: []float64{0.5071, 0.4867, 0.4408}, std: []float64{0.2675, 0.2565, 0.2761}, flip: true,
		lookFor: "train.bin",
		folders: []string{"cifar-100-binary", "cifar100", "cifar100/cifar-100-binary",
			"cifar-100-python", "cifar100/cifar-100-python"},
		archives: []string{"cifar-100-python.tar.gz", "cifar-100-binary.tar.gz"},
		read:     readEither(cifar100, cifar100Python), holds: holdsEither(cifar100, cifar100Python),
	},
	{
		name: "mnist", title: "MNIST",
		height: 28, width: 28, channels: 1, classes: mnistClasses,
		mean: []float64{0.1307}, std: []float64{0.3081},
		lookFor: "train-images-idx3-ubyte.gz",
		folders: []string{"mnist", "MNIST/raw"},
		read:    readMNIST, holds: holdsMNIST,
	},
	{
		name: "fashion-mnist", title: "Fashion-MNIST", aliases: []string{"fashion", "fmnist"},
		height: 28, width: 28, channels: 1, classes: fashionClasses,
		mean: []float64{0.2860}, std: []float64{0.3530}, flip: true,
		lookFor: "train-images-idx3-ubyte.gz",
		folders: []string{"fashion-mnist", "FashionMNIST/raw"},
		read:    readMNIST, holds: holdsMNIST,
	},
	{
		name: "tinyimagenet", title: "Tiny ImageNet", aliases: []string{"tiny-imagenet-200"},
		height: 64, width: 64, channels: 3, numClasses: 200,
		mean: []float64{0.4802, 0.4481, 0.3975}, std: []float64{0.2770, 0.2691, 0.2821}, flip: true,
		lookFor: "wnids.txt", folders: []string{"tiny-imagenet-200", "tinyimagenet/tiny-imagenet-200"},
		archives: []string{"tiny-imagenet-200.zip"},
		decodes:  true, read: readTiny, holds: holdsTiny,
	},
	{
		// The statistics are those of the whole set: what is learned on the
		// sample can be tried on the rest.
		name: sampleName, title: "Fashion-MNIST sample", aliases: []string{"sample"},
		height: 28, width: 28, channels: 1, classes: fashionClasses,
		mean: []float64{0.2860}, std: []float64{0.3530}, flip: true,
		read: readMNIST,
	},
}

// kinds are the forms in which people have images of their own. The folder says which images they are.
var kinds = []spec{
	{
		name: "images", title: "a folder of images", lookFor: "CLASS/*.png",
		decodes: true, read: readImages, holds: holdsImages,
	},
	{name: arraysName, title: "a .npz file", file: true, read: readNPZ},
	{name: Table, title: "a .csv file", file: true, read: readTableSet},
}

// arraysName is the kind of .npz files.
const arraysName = "arrays"

// IsKind reports whether a canonical name is that of a kind: only a folder or file says which data set it is.
func IsKind(name string) bool {
	return slices.ContainsFunc(kinds, func(s spec) bool { return s.name == name })
}

// Own reports whether a canonical name stands for images of one's own, and not for a data set that is published.
func Own(name string) bool {
	return !slices.ContainsFunc(specs, func(s spec) bool { return s.name == name })
}

// Short returns a short name for the data set of a canonical name and a folder or file: the name itself or, for images
// of one's own, what the folder is called.
func Short(name, dir string) string {
	if IsKind(name) && dir != "" {
		return titleOf(dir)
	}
	return name
}

// Names returns the canonical names of all data sets.
func Names() []string {
	names := make([]string, len(specs))
	for i, s := range specs {
		names[i] = s.name
	}
	return names
}

// Canonical returns the name under which this package knows a data set, given any
// common spelling such as CIFAR10, cifar-10 or fashion_mnist.
func Canonical(name string) (string, error) {
	s, err := lookup(name)
	if err != nil {
		return "", err
	}
	return s.name, nil
}

// NumClasses returns the number of classes of a data set, whose files need not be there. Of images of one's own it is
// not known before they are read.
func NumClasses(name string) (int, error) {
	s, err := lookup(name)
	if err != nil {
		return 0, err
	}
	if s.numClasses > 0 {
		return s.numClasses, nil
	}
	if len(s.classes) == 0 {
		return 0, fmt.Errorf("dataset: the classes of %s are known when it is read; call Load", s.title)
	}
	return len(s.classes), nil
}

// DefaultDir returns the folder that Load and Get use when none is given.
func DefaultDir(name string) string {
	if canonical, err := Canonical(name); err == nil {
		name = canonical
	}
	return filepath.Join("data", name)
}

func lookup(name string) (*spec, error) {
	if s := registeredSpec(name); s != nil {
		return s, nil
	}
	if s := knownSpec(name); s != nil {
		return s, nil
	}
	want := bare(name)
	closest, distance := "", 3 // more than two typos is another word
	for _, s := range slices.Concat(specs, toySpecs) {
		for _, alias := range append([]string{s.name}, s.aliases...) {
			if d := words.Distance(want, bare(alias)); d < distance {
				closest, distance = s.name, d
			}
		}
	}
	hint := ""
	if closest != "" {
		hint = fmt.Sprintf("; did you mean %s?", closest)
	}
	return nil, fmt.Errorf("dataset: unknown data set %q, want one of %s, %s, or a folder, a .npz or a .csv file%s",
		name, strings.Join(Names(), ", "), strings.Join(Toys, ", "), hint)
}

// knownSpec returns the data set or the kind of data sets that this package knows by a name, in any spelling, or nil.
func knownSpec(name string) *spec {
	want := bare(name)
	for _, list := range [][]spec{specs, toySpecs, kinds} {
		for i := range list {
			if want == bare(list[i].name) || slices.ContainsFunc(list[i].aliases,
				func(a string) bool { return bare(a) == want }) {
				return &list[i]
			}
		}
	}
	return nil
}

// bare removes the characters in which spellings of a name differ.
func bare(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
}

// empty returns the set that s describes, without images.
func (s *spec) empty() *Set {
	return &Set{
		Name: s.name, Title: s.title,
		Height: s.height, Width: s.width, Channels: s.channels,
		Classes: slices.Clone(s.classes), Mean: slices.Clone(s.mean), Std: slices.Clone(s.std),
		Flip: s.flip,
	}
}
