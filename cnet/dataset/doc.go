// Package dataset holds the images and the 2-D points that the networks learn
// from, and hands them out in batches whose order can be repeated exactly.
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
//	for step := range batches.Steps() {
//		batches.Fill(epoch, step, images, labels)
//	}
//
// "fashion-sample" is embedded in the program and needs no files. Get downloads
// the others from their official addresses; nothing else here uses the network.
//
// What a batch holds is a pure function of (seed, epoch, step): there is no
// generator whose state a run would have to save, so an interrupted run goes on
// with the very images that an uninterrupted one would have seen.
package dataset

//go:generate go run ./internal/mksample -data ../../data/fashion-mnist -out ../../assets/fashion-sample
