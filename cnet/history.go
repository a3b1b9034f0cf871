package cnet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
)

// Events of a run's history.
const (
	EventEpoch  = "epoch"  // an epoch is complete: losses, accuracies, speed
	EventLoss   = "loss"   // the mean training loss of the last few steps
	EventRefine = "refine" // steps and cells or functions of the basis were doubled
	EventBasis  = "basis"  // another basis of the weights over depth
	EventScheme = "scheme" // another scheme
	EventRate   = "rate"   // another learning rate
	EventImport = "import" // the run began with weights from a file
)

// Record is one line of a run's history.
type Record struct {
	Event string `json:"event"`
	Epoch int    `json:"epoch"`           // from 0; for changes, the epoch they come before or in
	Step  int    `json:"step,omitempty"`  // steps of the epoch done so far; 0 at its start and at its end
	Steps int    `json:"steps,omitempty"` // that the epoch has; in records of the loss

	TrainLoss     float64 `json:"train_loss,omitempty"`
	TrainAccuracy float64 `json:"train_accuracy,omitempty"` // 0 to 1, over the batches as they were trained on
	TestLoss      float64 `json:"test_loss,omitempty"`
	TestAccuracy  float64 `json:"test_accuracy,omitempty"`
	LearningRate  float64 `json:"learning_rate,omitempty"`
	ImagesPerS    float64 `json:"images_per_s,omitempty"` // of training; evaluation is not counted
	Seconds       float64 `json:"seconds,omitempty"`

	Net       string  `json:"net,omitempty"`       // the network after the change, such as "2-2-2 euler"
	Basis     string  `json:"basis,omitempty"`     // the basis after a change of it
	Functions int     `json:"functions,omitempty"` // likewise
	Distance  float64 `json:"distance,omitempty"`  // how far that moved the weights; see BasisChange
}

// encodeHistory writes one JSON object a line.
func encodeHistory(records []Record) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, r := range records {
		if err := enc.Encode(r); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func decodeHistory(text []byte) ([]Record, error) {
	var records []Record
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
