package cnet

import (
	"fmt"
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/metric"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/words"
)

// Regression: the targets of points are numbers. A net is trained on targets less their mean over the training points
// and divided by their deviation; its loss is the mean square of what is left, over points and targets. What people see
// besides is in the units of the targets.

// Quality is how good a net is on a part of its data: the share of members that it classifies right or, where targets
// are numbers, how close it comes to them.
type Quality struct {
	Accuracy float64 // 0 to 1; 0 where targets are numbers

	// RMSE is the root of the mean square of the errors, over points and targets, in the units of the targets. R2 is
	// the coefficient of determination, 1 − Σ(error²)/Σ((target−mean)²), of each target, on average. Both are 0 where
	// there are classes.
	RMSE, R2 float64
}

// Regression reports whether the quality is that of a net whose targets are numbers.
func (q Quality) Regression() bool { return q.RMSE != 0 || q.R2 != 0 }

// Compared returns the number by which epochs are compared, of which more is better: the accuracy or R².
func (q Quality) Compared() float64 {
	if q.Regression() {
		return q.R2
	}
	return q.Accuracy
}

// String returns the quality for people: "accuracy 97.3 %", or "RMSE 0.12, R² 0.987".
func (q Quality) String() string {
	if q.Regression() {
		return fmt.Sprintf("RMSE %.4g, R² %.4f", q.RMSE, q.R2)
	}
	return "accuracy " + words.Percent(q.Accuracy)
}

// Short returns the number by which epochs are compared for people: "97.3 %", or "R² 0.987".
func (q Quality) Short() string {
	if q.Regression() {
		return fmt.Sprintf("R² %.4f", q.R2)
	}
	return words.Percent(q.Accuracy)
}

// Quality returns the quality in a score.
func (s Score) Quality() Quality { return Quality{s.Accuracy, s.RMSE, s.R2} }

// HeldOut returns the quality by which epochs are compared: on the validation part if there is one, or else on the test
// images.
func (r Record) HeldOut() Quality {
	if r.Validated() {
		return r.Quality(PartValidation)
	}
	return r.Quality(PartTest)
}

// Quality returns how good the net of an epoch was on a part of the data: one of Parts, or PartTrain.
func (r Record) Quality(part string) Quality {
	switch part {
	case PartTrain:
		return Quality{r.TrainAccuracy, r.TrainRMSE, r.TrainR2}
	case PartTest:
		return Quality{r.TestAccuracy, r.TestRMSE, r.TestR2}
	case PartValidation:
		return Quality{r.ValidationAccuracy, r.ValidationRMSE, r.ValidationR2}
	}
	panic(fmt.Sprintf("there is no part %q", part)) // checkBest has checked it
}

// Quality returns how good the net was over the epoch so far.
func (p Progress) Quality() Quality { return Quality{p.Accuracy, p.RMSE, p.R2} }

// Regression reports whether the run's data set has numbers as targets, and not classes.
func (r *Run) Regression() bool { return len(r.state.Targets) > 0 }

// TargetNames returns what the targets are called, in the order of the net's outputs; nil where there are classes.
func (r *Run) TargetNames() []string { return r.state.Targets }

// checkTargets returns an error if the configuration has what only goes with classes, and the data set has targets.
func (c Config) checkTargets(set *dataset.Set) error {
	if set.Regression() {
		return c.checkRegression()
	}
	return nil
}

// checkRegression returns an error if the configuration has what needs classes.
func (c Config) checkRegression() error {
	if c.LabelSmoothing > 0 {
		return badField("label smoothing", c.LabelSmoothing, "left out: the targets are numbers, and there are no "+
			"classes")
	}
	return nil
}

// noClasses returns the error for what needs classes.
func (r *Run) noClasses(what string) error {
	return fmt.Errorf("run %s: it has no %s, because its targets are numbers (%s), and not classes; Evaluate has its "+
		"RMSE and R²", r.dir, what, strings.Join(r.state.Targets, ", "))
}

// areTargets reports whether the labels of a batch are targets, [batch, targets], and not classes.
func areTargets(label *Node) bool { return label.DType().IsFloat() }

// squaredErrors returns the squared errors of standardised targets, [batch, targets].
func squaredErrors(targets, outputs *Node) *Node {
	return Square(Sub(outputs, ConvertDType(targets, outputs.DType())))
}

// squaresMetric returns the metric of the sum, over a batch, of the mean squared errors of targets in their units,
// given their deviations; none for classes.
func squaresMetric(deviations []float64) []metric.Interface {
	if len(deviations) == 0 {
		return nil
	}
	return []metric.Interface{metric.NewBaseMetric("squared errors", "squares", "squared error",
		func(_ *model.Scope, labels, outputs []*Node) *Node {
			squares := squaredErrors(labels[0], outputs[0])
			batch := float64(squares.Shape().Dimensions[0])
			scales := make([]float64, len(deviations))
			for k, std := range deviations {
				scales[k] = std * std
			}
			scale := ConvertDType(Const(squares.Graph(), [][]float64{scales}), squares.DType())
			return MulScalar(ReduceAllMean(Mul(squares, scale)), batch)
		}, nil)}
}

// counted returns what a graph has counted in a batch: the members that are classified right, one number, or the sums
// of the squared errors, one for each target.
func counted(t *tensors.Tensor) ([]float64, error) {
	values, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, err
	}
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return wide, nil
}

// addTo adds the numbers of more to those of sums, which is as long or nil.
func addTo(sums, more []float64) []float64 {
	if sums == nil {
		sums = make([]float64, len(more))
	}
	for i, v := range more {
		sums[i] += v
	}
	return sums
}

// qualityOf returns the quality from the sums of the squared errors of standardised targets of so many points, whose
// squares about their means sum up to scatter.
func qualityOf(squares, scatter, std []float64, points int) (q Quality) {
	var mean float64
	for k, sum := range squares {
		mean += std[k] * std[k] * sum / float64(points) / float64(len(squares))
		q.R2 += determination(sum, scatter[k]) / float64(len(squares))
	}
	q.RMSE = math.Sqrt(mean)
	return q
}

// determination returns R² of one target: of targets that are all the same it is 1 if they are met, and otherwise 0.
func determination(squares, scatter float64) float64 {
	switch {
	case scatter > 0:
		return 1 - squares/scatter
	case squares > 0:
		return 0
	}
	return 1
}

// trained returns the quality over the batches of an epoch so far, of so many members. The scatter of the targets is
// that of all training points.
func (st *state) trained(members int, set *dataset.Set) Quality {
	n := float64(members)
	if !set.Regression() {
		return Quality{Accuracy: st.Correct / n}
	}
	return Quality{RMSE: math.Sqrt(st.Squares / n), R2: 1 - st.Correct/n}
}

// asMeasured brings the outputs of a net for a point into the units of the targets.
func asMeasured(set *dataset.Set, outputs []float32) {
	for k := range outputs {
		outputs[k] = float32(float64(outputs[k])*set.TargetStd[k] + set.TargetMean[k])
	}
}
