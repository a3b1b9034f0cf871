package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/words"
)

// predicting is the command predict.
type predicting struct {
	*app
	run  readOnly
	top  int
	json bool

	chosen bool // top is given
}

func (a *app) predict() *cobra.Command {
	p := &predicting{app: a, top: 3}
	cmd := &cobra.Command{
		Use:   "predict RUN IMAGE|POINT...",
		Short: "Say what is in images or points of your own",
		Long: `Say which classes the network of a run finds most probable for images of your own: PNG, JPEG, GIF, BMP or
WebP of any size. The largest part in the middle of an image with the proportions of the data set is scaled to its size,
and becomes grey if that is grey. It changes nothing.

For the net of a run on points there are points instead, their coordinates with commas between them; write -- before one
that begins with a minus. Where targets are numbers, these are what is said.

The data set of the run need not be there: a run that was copied to another machine answers, too.

Images that cannot be read are told, and the others classified all the same; then the exit status is 1.

RUN is a directory, or the name of one in results/; RUN@NAME is a checkpoint of it (cnet save).`,
		Example: `  cnet predict first shoe.png
  cnet predict cifar photos/*.jpg --top 5
  cnet predict moons-rk4_classic-4 0.5,-0.2 -- -1,0.3
  cnet predict first --best shoe.png --json | jq -r .class`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			p.chosen = cmd.Flags().Changed("top")
			var runs []string
			if p.run.run.flag == "" && len(args) > 0 {
				runs, args = args[:1], args[1:]
			}
			if len(args) == 0 {
				return usagef("predict needs a run and images, or points: cnet predict RUN IMAGE|POINT...")
			}
			run, err := p.run.open(a, cmd, runs)
			if err != nil {
				return err
			}
			defer run.Close()
			return p.classify(stopWithOutput(cmd.Context(), a.out), run, args)
		},
	}
	p.run.add(cmd.Flags())
	cmd.Flags().Var(count{&p.top, 1 << 16}, "top", "show so many classes of each image")
	cmd.Flags().BoolVar(&p.json, "json", false, "print a JSON object for each image")
	return cmd
}

// predictionLine is what is said of an image in JSON.
type predictionLine struct {
	Event string `json:"event"`
	cnet.Prediction
	Top []classProbability `json:"top"`
}

type classProbability struct {
	Class       string  `json:"class"`
	Probability float64 `json:"probability"`
}

func (p *predicting) classify(ctx context.Context, run *cnet.Run, images []string) error {
	set, err := run.DataForm()
	if err != nil {
		return err
	}
	if set.Regression() && p.chosen {
		return usagef("--top counts classes, and the targets of this run are numbers: %s; leave it out",
			strings.Join(set.Targets, ", "))
	}
	if set.Points() {
		return p.classifyPoints(ctx, run, set, images)
	}
	var readable []string
	for _, path := range images {
		if _, err := set.ReadImage(path); err != nil {
			fmt.Fprintf(p.err, "cnet: %s\n", words.Message(err))
			continue
		}
		readable = append(readable, path)
	}
	if len(readable) > 0 {
		list, err := run.PredictFiles(ctx, readable...)
		if err != nil {
			return err
		}
		if err := p.show(set, list); err != nil {
			return err
		}
	}
	if bad := len(images) - len(readable); bad > 0 {
		return fmt.Errorf("%d of %s could not be read", bad, words.Plural(len(images), "image"))
	}
	return nil
}

// classifyPoints is classify for points, such as "0.5,-0.2".
func (p *predicting) classifyPoints(ctx context.Context, run *cnet.Run, set *dataset.Set, texts []string) error {
	var points [][]float64
	for _, text := range texts {
		var point []float64
		for word := range strings.SplitSeq(text, ",") {
			x, err := strconv.ParseFloat(strings.TrimSpace(word), 64)
			if err != nil || math.IsNaN(x) || math.IsInf(float64(float32(x)), 0) {
				return usagef("predict: %q is no point, which is %s with commas between them, such as 0.5,-0.2", text,
					words.Plural(set.Channels, "number"))
			}
			point = append(point, x)
		}
		if len(point) != set.Channels {
			return usagef("predict: %q has %s, and the points of %s have %d", text,
				words.Plural(len(point), "number"), set.Title, set.Channels)
		}
		points = append(points, point)
	}
	rows, err := run.PredictPoints(ctx, points)
	if err != nil {
		return err
	}
	if set.Regression() {
		return p.showTargets(set, texts, rows)
	}
	list := make([]cnet.Prediction, len(rows))
	for i, row := range rows {
		best := p.best(set.Classes, row)[0]
		list[i] = cnet.Prediction{Image: texts[i], Class: best.Class, Probability: best.Probability, Probabilities: row}
	}
	return p.show(set, list)
}

// targetsLine is what is predicted for a point in JSON.
type targetsLine struct {
	Event   string             `json:"event"`
	Point   string             `json:"point"`
	Targets map[string]float32 `json:"targets"`
}

// showTargets prints the numbers that are predicted for points.
func (p *predicting) showTargets(set *dataset.Set, texts []string, rows [][]float32) error {
	width := 0
	for _, text := range texts {
		width = max(width, len([]rune(text)))
	}
	for i, row := range rows {
		line := targetsLine{"prediction", texts[i], map[string]float32{}}
		var parts []string
		for k, y := range row {
			line.Targets[set.Targets[k]] = y
			parts = append(parts, fmt.Sprintf("%s %.6g", set.Targets[k], y))
		}
		if p.json {
			if err := printJSON(p.out, line); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(p.out, "%-*s   %s\n", width, texts[i], strings.Join(parts, ", "))
	}
	return nil
}

// show prints predictions.
func (p *predicting) show(set *dataset.Set, list []cnet.Prediction) error {
	width := 0
	for _, prediction := range list {
		width = max(width, len([]rune(prediction.Image)))
	}
	for _, prediction := range list {
		top := p.best(set.Classes, prediction.Probabilities)
		if p.json {
			if err := printJSON(p.out, predictionLine{"prediction", prediction, top}); err != nil {
				return err
			}
			continue
		}
		var parts []string
		for _, c := range top {
			parts = append(parts, c.Class+" "+words.Percent(c.Probability))
		}
		fmt.Fprintf(p.out, "%-*s   %s\n", width, prediction.Image, strings.Join(parts, ", "))
	}
	return nil
}

// best returns the most probable classes, the best first.
func (p *predicting) best(classes []string, probabilities []float32) []classProbability {
	list := make([]classProbability, len(classes))
	for k, class := range classes {
		list[k] = classProbability{class, float64(probabilities[k])}
	}
	slices.SortStableFunc(list, func(a, b classProbability) int {
		switch {
		case a.Probability > b.Probability:
			return -1
		case a.Probability < b.Probability:
			return 1
		}
		return 0
	})
	return list[:min(p.top, len(list))]
}
