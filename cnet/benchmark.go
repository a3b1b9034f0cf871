package cnet

import (
	"math/rand/v2"
	"time"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine"
)

// StepTime is the time of one training step: forwards, backwards and the update of the weights.
type StepTime struct {
	Engine  string        `json:"engine"`
	Batch   int           `json:"batch"` // images
	Net     string        `json:"net"`
	Steps   int           `json:"steps,omitempty"` // of the scheme over each stage
	Scheme  string        `json:"scheme,omitempty"`
	Compile time.Duration `json:"-"`       // for building the graph, with the first training step
	Seconds float64       `json:"seconds"` // for a training step
	Images  float64       `json:"images_per_s"`
}

// BenchmarkStep measures the training of the network that c describes on batches of random 32×32 colour images of 10
// classes. It returns the time of the fastest of several training steps, one for each batch.
func BenchmarkStep(e *engine.Engine, c Config, repeats int) (st StepTime, err error) {
	c = c.WithDefaults()
	n, err := NewNetwork(c, 3, 10)
	if err != nil {
		return st, err
	}
	defer func() { guard(n, c, recover(), &err) }()
	store := model.NewStore()
	if err := n.Init(store, c.Seed, Float); err != nil {
		return st, err
	}
	if err := setLearningRate(store, Float, c.LearningRate); err != nil {
		return st, err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	images, labels := make([]float32, c.BatchSize*32*32*3), make([]int32, c.BatchSize)
	for i := range images {
		images[i] = float32(rng.NormFloat64())
	}
	for i := range labels {
		labels[i] = rng.Int32N(10)
	}
	trainer := newTrainer(e, n, c, store)
	st = StepTime{Engine: e.Name, Batch: c.BatchSize, Net: title(c.Model, n), Steps: c.Steps, Scheme: c.Scheme}
	for i := range repeats + 1 {
		start := time.Now()
		batch, err := newBatch(e.Backend, images, labels, 32, 32, 3)
		if err != nil {
			return st, err
		}
		metrics, err := trainer.TrainStep(batch)
		if err != nil {
			return st, err
		}
		metrics[0].Value() // waits for the engine
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
