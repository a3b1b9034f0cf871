package cnet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Events of a run's history.
const (
	EventStart  = "start"  // the first batch of the run, before its step: the loss of weights that have learned nothing
	EventEpoch  = "epoch"  // an epoch is complete: losses, accuracies, speed
	EventLoss   = "loss"   // the mean training loss of the last few batches
	EventRefine = "refine" // time steps and the functions of the basis were doubled
	EventBasis  = "basis"  // another basis of the weights over depth
	EventScheme = "scheme" // another scheme
	EventRate   = "rate"   // another learning rate
	EventChange = "change" // another configuration: batch size, weight decay, schedule; see Run.Change
	EventImport = "import" // the run began with weights from a file
)

// Record is one line of a run's history.
type Record struct {
	Event   string `json:"event"`
	Epoch   int    `json:"epoch"`             // from 0; for changes, the epoch they come before or in
	Batch   int    `json:"batch,omitempty"`   // batches of the epoch done so far; 0 at its start and at its end
	Batches int    `json:"batches,omitempty"` // that the epoch has; in records of the loss

	TrainLoss     float64 `json:"train_loss,omitempty"`
	TrainAccuracy float64 `json:"train_accuracy,omitempty"` // 0 to 1, over the batches as they were trained on
	TestLoss      float64 `json:"test_loss,omitempty"`      // see Tested
	TestAccuracy  float64 `json:"test_accuracy,omitempty"`

	// On the images that Config.Validation holds out of training; 0 if there are none.
	ValidationLoss     float64 `json:"validation_loss,omitempty"`
	ValidationAccuracy float64 `json:"validation_accuracy,omitempty"`

	// Instead of accuracies, where targets are numbers; see Quality.
	TrainRMSE      float64 `json:"train_rmse,omitempty"`
	TrainR2        float64 `json:"train_r2,omitempty"`
	TestRMSE       float64 `json:"test_rmse,omitempty"`
	TestR2         float64 `json:"test_r2,omitempty"`
	ValidationRMSE float64 `json:"validation_rmse,omitempty"`
	ValidationR2   float64 `json:"validation_r2,omitempty"`

	// Evaluations of the rate that a solver needs for a batch of the epoch, on average, where steps adapt to
	// tolerances.
	Evaluations float64 `json:"evaluations,omitempty"`
	// Means over the epoch of what regularisers charge, before their weights; 0 where they are off. See Costs.
	KineticEnergy float64 `json:"kinetic_energy,omitempty"`
	JacobianNorm  float64 `json:"jacobian_norm,omitempty"`
	ErrorEstimate float64 `json:"error_estimate,omitempty"`

	LearningRate float64 `json:"learning_rate,omitempty"`
	ImagesPerS   float64 `json:"images_per_s,omitempty"` // of training; evaluation is not counted
	Seconds      float64 `json:"seconds,omitempty"`

	Net      string  `json:"net,omitempty"`       // the network after the change, such as "2-2-2 euler"
	Basis    string  `json:"basis,omitempty"`     // the basis after a change of it
	NumBasis int     `json:"num_basis,omitempty"` // likewise
	Distance float64 `json:"distance,omitempty"`  // how far that moved the weights; see BasisChange
	Changes  string  `json:"changes,omitempty"`   // of the configuration: "batch size 128 → 64, epochs 30 → 40"
}

// ChangesNet reports whether the record is of a change that made the network another one: what was measured before it
// was measured on another network.
func (r Record) ChangesNet() bool {
	return r.Event == EventRefine || r.Event == EventBasis || r.Event == EventScheme
}

// History lists everything that happened in a run, oldest first.
type History []Record

// Epochs returns the records of the complete epochs.
func (h History) Epochs() History {
	var epochs History
	for _, r := range h {
		if r.Event == EventEpoch {
			epochs = append(epochs, r)
		}
	}
	return epochs
}

// Last returns the record of the last complete epoch; ok is false if there is none.
func (h History) Last() (r Record, ok bool) {
	for _, r := range slices.Backward(h) {
		if r.Event == EventEpoch {
			return r, true
		}
	}
	return Record{}, false
}

// Validated reports whether the epoch was measured on a validation part.
func (r Record) Validated() bool { return r.ValidationLoss > 0 || r.ValidationR2 != 0 }

// Best returns the record of the epoch with the highest accuracy or R², the first of several: on the validation part if
// there is one, or else on the test images. ok is false if there is no epoch.
func (h History) Best() (best Record, ok bool) {
	if last, ok := h.Last(); ok && last.Validated() {
		return h.BestOn(PartValidation)
	}
	return h.BestOn(PartTest)
}

// BestOn is Best for a part of the data, one of Parts.
func (h History) BestOn(part string) (best Record, ok bool) {
	for _, r := range h {
		if r.Event == EventEpoch && (!ok || r.Quality(part).Compared() > best.Quality(part).Compared()) {
			best, ok = r, true
		}
	}
	return best, ok
}

// encode returns the history as text, one JSON object per line.
func (h History) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, r := range h {
		if err := enc.Encode(r); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// decodeHistory reads what encode wrote.
func decodeHistory(text []byte) (History, error) {
	var records History
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		var r Record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		records = append(records, r)
	}
	return records, lines.Err()
}
