// Package dataset loads the images that networks learn from, and cuts them into batches whose order can be repeated
// exactly. Moons, Circles and Spirals make points in the plane.
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
// "fashion-sample" is embedded in the program and needs no files. Package dataset/fetch downloads the others from their
// official addresses; this package never uses the network.
//
// A batch is a pure function of (seed, epoch, batch). As there is no random generator whose state a run would have to
// save, a run that was interrupted continues with the same images as one that was not.
package dataset

//go:generate go run ./internal/mksample -data ../../data/fashion-mnist -out ../../assets/fashion-sample
