package cnet

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/words"
)

// Confusion counts the test images by their class and the one that the net finds most probable.
type Confusion struct {
	Classes []string `json:"classes"`
	Counts  [][]int  `json:"counts"` // [class][predicted class]
}

// ClassScore is how well a net does on the images of one class.
type ClassScore struct {
	Class    string  `json:"class"`
	Images   int     `json:"images"`
	Correct  int     `json:"correct"`
	Accuracy float64 `json:"accuracy"` // Correct/Images; 0 if there are none
}

// PerClass returns the score of each class.
func (c Confusion) PerClass() []ClassScore {
	list := make([]ClassScore, len(c.Classes))
	for k, row := range c.Counts {
		s := ClassScore{Class: c.Classes[k], Correct: row[k]}
		for _, n := range row {
			s.Images += n
		}
		if s.Images > 0 {
			s.Accuracy = float64(s.Correct) / float64(s.Images)
		}
		list[k] = s
	}
	return list
}

// Accuracy returns the share of all images that are classified right.
func (c Confusion) Accuracy() float64 {
	correct, images := 0, 0
	for _, s := range c.PerClass() {
		correct, images = correct+s.Correct, images+s.Images
	}
	return float64(correct) / float64(max(images, 1))
}

// Confusion classifies the test images. It changes nothing.
func (r *Run) Confusion(ctx context.Context) (Confusion, error) {
	if r.Regression() {
		return Confusion{}, r.noClasses("confusion")
	}
	ev, set, err := r.evaluator(ctx)
	if err != nil {
		return Confusion{}, err
	}
	c := Confusion{Classes: set.Classes, Counts: make([][]int, len(set.Classes))}
	for k := range c.Counts {
		c.Counts[k] = make([]int, len(set.Classes))
	}
	i := 0
	err = ev.each(ctx, set, set.Test, r.state.Config.TestBatchSize, func(p []float32) {
		c.Counts[set.Test.Labels[i]][mostProbable(p)]++
		i++
	})
	return c, err
}

// Prediction is what a net makes of an image.
type Prediction struct {
	Image         string    `json:"image"` // the file
	Class         string    `json:"class"` // the most probable one
	Probability   float64   `json:"probability"`
	Probabilities []float32 `json:"probabilities"` // of all classes, in the order of the data set
}

// PredictFiles classifies images of one's own, in files; see dataset.Set.ReadImage. It changes nothing. An image that
// cannot be read is an error that names it. The data set need not be there.
func (r *Run) PredictFiles(ctx context.Context, paths ...string) ([]Prediction, error) {
	set, err := r.dataForm(ctx)
	if err != nil {
		return nil, err
	}
	if set.Points() {
		return nil, r.takesPoints()
	}
	var pixels []uint8
	for _, path := range paths {
		image, err := set.ReadImage(path)
		if err != nil {
			return nil, err
		}
		pixels = append(pixels, image...)
	}
	rows, err := r.PredictImages(ctx, pixels)
	if err != nil {
		return nil, err
	}
	list := make([]Prediction, len(rows))
	for i, p := range rows {
		k := mostProbable(p)
		list[i] = Prediction{paths[i], set.Classes[k], float64(p[k]), p}
	}
	return list, nil
}

// PredictImages returns the probability of each class, [images][classes], for images of the size of the data set:
// pixels [images, height, width, channels]. The data set need not be there.
func (r *Run) PredictImages(ctx context.Context, pixels []uint8) (rows [][]float32, err error) {
	ev, set, err := r.predictor(ctx)
	if err != nil {
		return nil, err
	}
	if set.Points() {
		return nil, r.takesPoints()
	}
	if size := set.ImageSize(); len(pixels) == 0 || len(pixels)%size != 0 {
		return nil, fmt.Errorf("run %s: %d numbers are not images of %d×%d×%d",
			r.dir, len(pixels), set.Height, set.Width, set.Channels)
	}
	if err := set.TakesFiles(); err != nil {
		return nil, fmt.Errorf("run %s: %w", r.dir, err)
	}
	split := dataset.Split{Images: pixels, Labels: make([]int32, len(pixels)/set.ImageSize())}
	err = ev.each(ctx, set, split, r.state.Config.TestBatchSize, func(p []float32) { rows = append(rows, p) })
	return rows, err
}

// takesPoints returns the error for images where the net takes points.
func (r *Run) takesPoints() error {
	return fmt.Errorf("run %s: its net takes points, and no images; use PredictPoints", r.dir)
}

// PredictPoints returns the probability of each class, [points][classes], or the targets, [points][targets], for points
// with as many coordinates as those of the data set, which need not be there.
func (r *Run) PredictPoints(ctx context.Context, points [][]float64) (rows [][]float32, err error) {
	ev, set, err := r.predictor(ctx)
	if err != nil {
		return nil, err
	}
	if !set.Points() {
		return nil, fmt.Errorf("run %s: its net takes images, and no points; use PredictImages", r.dir)
	}
	split, err := r.splitOf(set, points)
	if err != nil {
		return nil, err
	}
	if len(points) == 0 {
		return nil, nil
	}
	err = ev.each(ctx, set, split, r.state.Config.TestBatchSize, func(p []float32) { rows = append(rows, p) })
	return rows, err
}

// splitOf returns points as a part of a data set, all of class 0.
func (r *Run) splitOf(set *dataset.Set, points [][]float64) (dataset.Split, error) {
	split := dataset.Split{Floats: []float32{}, Labels: make([]int32, len(points))}
	for i, p := range points {
		if len(p) != set.Channels {
			return split, fmt.Errorf("run %s: point %d has %s, and the data set %d", r.dir, i,
				words.Plural(len(p), "coordinate"), set.Channels)
		}
		for _, x := range p {
			if notFinite(float64(float32(x))) {
				return split, fmt.Errorf("run %s: point %d is %v, must be finite numbers that 32-bit floats hold",
					r.dir, i, p)
			}
			split.Floats = append(split.Floats, float32(x))
		}
	}
	return split, nil
}

// mostProbable returns the class with the largest probability, the first of several.
func mostProbable(p []float32) (best int) {
	for k := range p {
		if p[k] > p[best] {
			best = k
		}
	}
	return best
}

// each calls f with the probabilities of the classes, or with the targets, for each image of a split, in their order.
func (ev *evaluator) each(
	ctx context.Context, set *dataset.Set, split dataset.Split, batchSize int, f func(p []float32),
) (err error) {
	defer func() { guard(ev.net, ev.config, recover(), &err) }()
	ordered, err := dataset.NewOrdered(set, split, batchSize)
	if err != nil {
		return err
	}
	left := split.Len()
	for batch, err := range ev.batches(set, ordered) {
		if err != nil {
			return fmt.Errorf("prediction: %w", err)
		}
		var results []*tensors.Tensor
		if err = ctx.Err(); err == nil {
			results, err = ev.call(ctx, ev.probs, batch.Inputs[0])
		}
		release(batch)
		if err != nil {
			return fmt.Errorf("prediction: %w", err)
		}
		rows := results[0].Value().([][]float32)
		for _, p := range rows[:min(left, len(rows))] {
			if set.Regression() {
				asMeasured(set, p)
			}
			f(p)
		}
		left -= len(rows)
	}
	return nil
}
