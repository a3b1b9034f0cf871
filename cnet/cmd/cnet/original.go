package main

import (
	"fmt"
	"strconv"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
)

// The command lines of the original's cli.py and train_resnet.py work behind "cnet train". This file has what is needed
// for them alone.

// synonyms maps names of flags in the original's programs, and of one that people expect, to the names here.
var synonyms = map[string]string{
	"initial-time-d":  "n-basis",
	"channels":        "alpha",
	"arch":            "model",
	"name":            "dataset",
	"wd":              "weight-decay",
	"use-batch-norms": "batch-norm",
	"lr-update":       "lr-decay-epoch",
	"depth-res":       "depth",
	"depth-wide":      "depth",
}

// widenFactor returns a setting of wide nets. The original's programs have it for every model, with a default of 4 that
// has no effect on the others; so 4 is accepted for every model.
func widenFactor() *setting {
	const meant = 4
	usage := fmt.Sprintf("times as many channels in the stages of a Wide net (default %d)", meant)
	s := whole(setting{name: "widen-factor", usage: usage}, 256, func(c *cnet.Config) *int { return &c.WidenFactor })
	set := s.set
	s.set = func(c *cnet.Config, text string) error {
		err := set(c, text)
		if c.WidenFactor == meant && c.Model != cnet.WideContinuousNet && c.Model != cnet.WideResNet {
			c.WidenFactor = 0
		}
		return err
	}
	return s
}

// depthOf returns the original's setting of the depth of one of its two baselines. A command line may have both, and
// the model takes its own. If the model is no baseline it has no depth, and the check of the configuration says so.
func depthOf(model, name string) *setting {
	s := whole(setting{name: name, hidden: true, usage: "layers of a " + model}, 4096,
		func(c *cnet.Config) *int { return &c.Depth })
	set := s.set
	s.set = func(c *cnet.Config, text string) error {
		var own cnet.Config
		if err := set(&own, text); err != nil {
			return err
		}
		if c.Model == model || c.Depth == 0 && (c.Model == "" || cnet.Continuous(c.Model)) {
			c.Depth = own.Depth
		}
		return nil
	}
	return s
}

// classes returns the original's setting of the number of classes, which the data set determines here.
func classes() *setting {
	return &setting{
		name: "nclass", value: "N", hidden: true, usage: "classes of the data set",
		set: func(_ *cnet.Config, text string) error {
			_, err := parseWhole(text, 1<<16)
			return err
		},
		show: func(cnet.Config) string { return "" },
		check: func(c cnet.Config, text string) error {
			n, err := dataset.NumClasses(c.Dataset)
			if given, _ := strconv.Atoi(text); err != nil || given == n {
				return nil
			}
			return usagef("--nclass is %s, but %s has %d classes; leave it out, or give another --dataset",
				text, c.Dataset, n)
		},
	}
}
