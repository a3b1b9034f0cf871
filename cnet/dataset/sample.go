package dataset

import "continuousnet/assets"

// sampleName is the set that every program carries in itself: 2,500 training
// and 500 test images of Fashion-MNIST, the first 250 and 50 of each class in
// the order of the files (see internal/mksample).
const sampleName = "fashion-sample"

func sampleFolder() folder {
	return folder{assets.FashionSample(), "the embedded " + sampleName}
}
