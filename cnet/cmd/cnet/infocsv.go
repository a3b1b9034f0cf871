package main

import (
	"encoding/csv"
	"strconv"

	"continuousnet/cnet"
)

// historyCSV prints a history as comma-separated values: a head, and a row for each event. Epochs and batches count as
// in the history; what an event does not have is empty. Where targets are numbers, the columns of accuracies are, and
// more columns follow.
func (a *app) historyCSV(history cnet.History, regression bool) error {
	w := csv.NewWriter(a.out)
	head := []string{
		"event", "epoch", "batch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate",
		"images_per_s", "seconds", "net", "changes", "evaluations", "kinetic_energy", "jacobian_norm",
		"validation_loss", "validation_accuracy", "error_estimate",
	}
	if regression {
		head = append(head, "train_rmse", "train_r2", "test_rmse", "test_r2", "validation_rmse", "validation_r2")
	}
	_ = w.Write(head) // Error returns the first error
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
		share := func(text string) string {
			if regression {
				return ""
			}
			return text
		}
		row := []string{
			r.Event, strconv.Itoa(r.Epoch), strconv.Itoa(r.Batch), measured(r.TrainLoss),
			share(measured(r.TrainAccuracy)),
			tested(r.TestLoss), share(tested(r.TestAccuracy)), measured(r.LearningRate), measured(r.ImagesPerS),
			measured(r.Seconds), r.Net, r.Changes, evaluations(r), charged(r.KineticEnergy), charged(r.JacobianNorm),
			validated(r.ValidationLoss), share(validated(r.ValidationAccuracy)), charged(r.ErrorEstimate),
		}
		if regression {
			row = append(row, measured(r.TrainRMSE), measured(r.TrainR2), tested(r.TestRMSE), tested(r.TestR2),
				validated(r.ValidationRMSE), validated(r.ValidationR2))
		}
		_ = w.Write(row)
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
