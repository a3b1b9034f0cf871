package cnet_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
)

// Numbers are predicted with a set of dataset.NewRegression, or with a table whose last column is called y.
func ExampleConfig_regression() {
	var x [][]float64
	var y []float64
	for i := range 400 {
		a := float64(i)/50 - 4
		x, y = append(x, []float64{a}), append(y, 100+50*math.Sin(a))
	}
	set, err := dataset.NewRegression(x, y, dataset.VectorOptions{Name: "wave"})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	run := cnet.MustOpen(filepath.Join(dir, "wave"), cnet.Config{Set: set, AugmentDim: 1, Epochs: 40})
	defer run.Close()
	if err := run.Train(context.Background(), 40); err != nil {
		log.Fatal(err)
	}
	score, err := run.Evaluate(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	rows, err := run.PredictPoints(context.Background(), [][]float64{{math.Pi / 2}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("R² above 0.99:", score.R2 > 0.99)
	fmt.Println("the crest, which is 150, is within 5:", math.Abs(float64(rows[0][0])-150) < 5)
	// Output:
	// R² above 0.99: true
	// the crest, which is 150, is within 5: true
}
