package main

import (
	"encoding/csv"
	"strconv"

	"continuousnet/cnet"
)

// historyCSV prints a history as comma-separated values: a head, and a row for each event. Epochs and batches count as
// in the history; what an event does not have is empty.
func (a *app) historyCSV(history cnet.History) error {
	w := csv.NewWriter(a.out)
	_ = w.Write([]string{ // Error returns the first error
		"event", "epoch", "batch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate",
		"images_per_s", "seconds", "net", "changes", "evaluations", "kinetic_energy", "jacobian_norm",
		"validation_loss", "validation_accuracy",
	})
	for _, r := range history {
		measured := func(x float64) string {
			if r.Event != cnet.EventEpoch && x == 0 {
				return ""
			}
			return float(x)
		}
		tested := func(x float64) string {
			if !r.Tested() {
				return ""
			}
			return measured(x)
		}
		validated := func(x float64) string {
			if !r.Validated() {
				return ""
			}
			return float(x)
		}
		charged := func(x float64) string {
			if x == 0 {
				return ""
			}
			return float(x)
		}
		_ = w.Write([]string{
			r.Event, strconv.Itoa(r.Epoch), strconv.Itoa(r.Batch), measured(r.TrainLoss), measured(r.TrainAccuracy),
			tested(r.TestLoss), tested(r.TestAccuracy), measured(r.LearningRate), measured(r.ImagesPerS),
			measured(r.Seconds), r.Net, r.Changes, evaluations(r), charged(r.KineticEnergy), charged(r.JacobianNorm),
			validated(r.ValidationLoss), validated(r.ValidationAccuracy),
		})
	}
	w.Flush()
	return w.Error()
}

// evaluations returns the evaluations for a batch of an epoch, or "" if steps do not adapt.
func evaluations(r cnet.Record) string {
	if r.Evaluations == 0 {
		return ""
	}
	return float(r.Evaluations)
}
