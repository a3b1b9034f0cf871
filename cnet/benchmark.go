package cnet

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine"
)

// StepTime is the time of one step: of training, which is forwards, backwards and the update of the weights, or of
// inference, which is forwards alone.
type StepTime struct {
	Engine     string        `json:"engine"`
	Batch      int           `json:"batch"` // images
	Net        string        `json:"net"`
	Steps      int           `json:"steps,omitempty"` // of the scheme over each stage
	Scheme     string        `json:"scheme,omitempty"`
	Inference  bool          `json:"inference,omitempty"`
	Parameters int           `json:"parameters"`   // trainable numbers
	Compile    time.Duration `json:"-"`            // for building the graph, with the first step
	Seconds    float64       `json:"seconds"`      // for a step
	Images     float64       `json:"images_per_s"` // in a second
}

// BenchmarkStep measures the training of the network that c describes on batches of random 32×32 colour images of 10
// classes. It returns the time of the fastest of several training steps, one for each batch.
func BenchmarkStep(e *engine.Engine, c Config, repeats int) (StepTime, error) {
	return benchmark(e, c, repeats, false)
}

// BenchmarkInference measures what BenchmarkStep does, but predictions: the network is in evaluation mode, and there
// are no gradients.
func BenchmarkInference(e *engine.Engine, c Config, repeats int) (StepTime, error) {
	return benchmark(e, c, repeats, true)
}

func benchmark(e *engine.Engine, c Config, repeats int, inference bool) (st StepTime, err error) {
	if c = c.WithDefaults(); c.Model == NeuralODE {
		return st, fmt.Errorf("config: a %s takes points, and images are measured; choose another model", c.Model)
	}
	n, err := NewNetwork(c, 3, 10)
	if err != nil {
		return st, err
	}
	defer func() { guard(n, c, recover(), &err) }()
	store := model.NewStore()
	if err := n.Init(store, c.Seed, Float); err != nil {
		return st, err
	}
	images, labels := randomBatch(c.BatchSize)
	var step func() error
	if inference {
		step, err = inferenceStep(e, n, c, store, images)
	} else {
		step, err = trainingStep(e, n, c, store, images, labels)
	}
	if err != nil {
		return st, err
	}
	st = StepTime{Engine: e.Name, Batch: c.BatchSize, Net: title(c.Model, n), Steps: c.Steps, Scheme: c.Scheme,
		Inference: inference}
	st.Parameters, _ = n.CountParameters()
	for i := range repeats + 1 {
		start := time.Now()
		if err := step(); err != nil {
			return st, err
		}
		took := time.Since(start)
		if i == 0 {
			st.Compile = took
		} else if st.Seconds == 0 || took.Seconds() < st.Seconds {
			st.Seconds = took.Seconds()
		}
	}
	st.Images = float64(c.BatchSize) / st.Seconds
	return st, nil
}

// randomBatch returns n random colour images of 32×32 pixels, and labels of 10 classes.
func randomBatch(n int) (images []float32, labels []int32) {
	rng := rand.New(rand.NewPCG(1, 2))
	images, labels = make([]float32, n*32*32*3), make([]int32, n)
	for i := range images {
		images[i] = float32(rng.NormFloat64())
	}
	for i := range labels {
		labels[i] = rng.Int32N(10)
	}
	return images, labels
}

// trainingStep returns a function that trains the network on one batch and waits for the engine.
func trainingStep(
	e *engine.Engine, n Network, c Config, store *model.Store, images []float32, labels []int32,
) (func() error, error) {
	if err := setLearningRate(store, Float, c.LearningRate); err != nil {
		return nil, err
	}
	trainer, err := newTrainer(e, n, c, store)
	if err != nil {
		return nil, err
	}
	return func() error {
		batch, err := newBatch(e.Backend, images, labels, 32, 32, 3)
		if err != nil {
			return err
		}
		metrics, err := trainer.TrainStep(batch)
		if err != nil {
			return err
		}
		metrics[0].Value()
		return nil
	}, nil
}

// inferenceStep returns a function that predicts the classes of one batch, as Run.Predict does, and waits for the
// engine.
func inferenceStep(
	e *engine.Engine, n Network, c Config, store *model.Store, images []float32,
) (func() error, error) {
	ev, err := newEvaluator(e, n, c, store, false)
	if err != nil {
		return nil, err
	}
	return func() error {
		probabilities, err := ev.probs.Call(tensors.FromFlatDataAndDimensions(images, len(images)/(32*32*3), 32, 32, 3))
		if err != nil {
			return err
		}
		probabilities[0].Value()
		return nil
	}, nil
}
