// Package dataset loads what networks learn from, images and points, and cuts it into batches whose order can be
// repeated exactly.
//
//	set, err := dataset.Load("cifar10", "data/cifar10")
//	if err != nil {
//		return err // says what is missing, where it was looked for and how to get it
//	}
//	batches, err := dataset.NewBatches(set, set.Train, 128, seed, true)
//	if err != nil {
//		return err
//	}
//	images := make([]float32, batches.Size()*set.ImageSize()) // [N, H, W, C], normalised
//	labels := make([]int32, batches.Size())
//	for batch := range batches.Len() {
//		batches.Fill(epoch, batch, images, labels)
//	}
//
// # Images of one's own
//
// A folder is a data set, too: dataset.Load("photos", ""), cnet.Config{Dataset: "photos"}, cnet train --dataset photos.
// It has a folder for each class, in folders for training and testing, as torchvision's ImageFolder, or in none:
//
//	photos/train/CLASS/*.png    and photos/test/CLASS/*.png, or val/ in the place of test/
//	photos/CLASS/*.png          a fifth of each class is for testing, chosen by a hash of the files' names
//
// PNG, JPEG, GIF (its first picture), BMP and WebP are read, by their contents, whatever the names end with. The
// classes are called by their folders, in the order of the names. All images have one size, or are brought to one with
// Options.Size. They are grey if all files are, and have three colours otherwise, of 8 bits; transparency and EXIF's
// rotation are ignored, as torchvision does: turn the pixels of photos that lie on their side before. Mean and
// deviation are those of the training images; colour images may be mirrored in training, grey ones are not, as they are
// often letters or digits. What cannot be read, is CMYK, has another size than most images or more than 100 million
// pixels is named in one error, or left out with Options.SkipBad. With Options.Cache, decoded images are kept in a file
// with a checksum, as long as the folder does not change. LoadContext can be interrupted while they are decoded, and
// Options.Progress tells how far that is. Folders of runs, with their charts, are left out and named.
//
// A .npz file is a data set, too: x_train, [N H W C], [N C H W] or [N H W], y_train, [N], and for testing x_test and
// y_test, or a fifth is chosen. Values that bytes do not hold are kept as 32-bit floats of any range, in Split.Floats;
// see New, which does the same with slices of Go.
//
// Set.Fingerprint tells data sets apart: a run remembers it, and refuses another one.
//
// # Augmentation
//
// NewAugmented varies training images by a list of named steps: "crop:4" and "flip", which are the original's and the
// default, "cutout:8" (DeVries and Taylor 2017), "jitter:0.2", "mixup:0.2" (Zhang et al. 2018) and "cutmix:1" (Yun et
// al. 2019). AugmentSteps lists them, and RegisterAugment adds one's own. What comes of an image depends on seed, epoch
// and image alone; what mixes images depends on seed, epoch and the number of the batch.
//
// # CIFAR
//
// CIFAR-10 and CIFAR-100 are read as they are published: binary files, the pickles for Python, and the archives of
// either, in their folder, the folder above, or named themselves. Of pickles, the dict with one array and a list of
// labels that CIFAR's are is read; a pickle with anything else, which could be any program, is refused, and nothing is
// executed.
//
// # Tiny ImageNet
//
// Tiny ImageNet is read as it is distributed, packed or not. val/ is for testing, with the classes of
// val_annotations.txt. The classes are called by their first word in words.txt, in the order of WordNet's numbers.
//
// # Names
//
// "fashion-sample" is embedded in the program and needs no files. Package dataset/fetch downloads the others from their
// official addresses; this package never uses the network.
//
// # Points
//
// "moons", "circles" and "spirals" are made by the program, with Options.Points points to train on and as many others
// of the same law to test with. A .csv file with a header is a data set of points with any number of coordinates, and
// NewVectors makes one of slices. Its targets may be numbers instead of classes: columns called y, or y1, y2, ...,
// those of Options.Targets, or what NewRegression takes. A point is an image of one pixel with a channel for each
// coordinate, whose numbers are in Split.Floats. LoadPoints returns points in the plane, which draw themselves as the
// last expression of a notebook's cell.
//
// # Batches
//
// A batch is a pure function of (seed, epoch, batch). As there is no random generator whose state a run would have to
// save, a run that was interrupted continues with the same images as one that was not.
package dataset

//go:generate go run ./internal/mksample -data ../../data/fashion-mnist -out ../../assets/fashion-sample
