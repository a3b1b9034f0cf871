package cnet_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine"
)

// A training loop of one's own, with GoMLX's Adam instead of a Run: the network is a function that builds a graph, its
// variables are in a store.
func ExampleNetwork_Logits() {
	e, err := engine.Open("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Close()
	set, err := dataset.Load("fashion-sample", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	net, err := cnet.NewNetwork(cnet.Config{Scheme: "midpoint", Steps: 1, Channels: 2}, set.Channels, len(set.Classes))
	if err != nil {
		fmt.Println(err)
		return
	}
	store := model.NewStore()
	if err := net.Init(store, 1, cnet.Float); err != nil {
		fmt.Println(err)
		return
	}

	adam := optimizer.Adam().LearningRate(0.05).Done()
	train, err := model.NewExec(e.Backend, store, func(scope *model.Scope, images, labels *Node) *Node {
		logits := net.Logits(scope.Store(), e.Layout, images, true)
		mean := loss.SparseCategoricalCrossEntropyLogits([]*Node{labels}, []*Node{logits})
		adam.UpdateGraph(scope, images.Graph(), mean) // the gradients, and new values for the variables
		return mean
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	batches, err := dataset.NewBatches(set, set.Train, 50, 1, false)
	if err != nil {
		fmt.Println(err)
		return
	}
	images, labels := make([]float32, batches.Size()*set.ImageSize()), make([]int32, batches.Size())
	var losses []float32
	for batch := range 10 { // of batches.Len()
		batches.Fill(0, batch, images, labels)
		result, err := train.Call1(
			tensors.FromFlatDataAndDimensions(images, batches.Size(), set.Height, set.Width, set.Channels),
			tensors.FromFlatDataAndDimensions(labels, batches.Size(), 1))
		if err != nil {
			fmt.Println(err)
			return
		}
		losses = append(losses, result.Value().(float32))
	}
	fmt.Println(net, "after", len(losses), "batches; the loss fell:", losses[len(losses)-1] < losses[0])
	// Output:
	// 1-1-1 midpoint after 10 batches; the loss fell: true
}
