package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"continuousnet/cnet"
	"continuousnet/cnet/basis"
	"continuousnet/cnet/dataset"
)

// A setting is a flag of train that sets a field of the run's configuration. It is a pflag.Value.
type setting struct {
	name   string
	value  string // what its value is called in the help
	usage  string
	set    func(c *cnet.Config, text string) error // errors are usageErrors without the name of the flag
	show   func(c cnet.Config) string              // as it would be written on a command line
	free   bool                                    // may change from one training of a run to the next
	list   bool                                    // given again, it adds to what was given before
	toggle bool                                    // without a value it means true
	hidden bool                                    // the help does not list it
	check  func(c cnet.Config, text string) error  // of a value that is no field, given the rest of the configuration

	text  string
	given bool
}

// Set implements pflag.Value.
func (s *setting) Set(text string) error {
	if s.list && s.given {
		text = s.text + "," + text
	}
	if err := s.set(&cnet.Config{}, text); err != nil {
		return err
	}
	s.text, s.given = text, true
	return nil
}

// Type implements pflag.Value.
func (s *setting) Type() string { return s.value }

// String returns the value as show writes it, in whichever spelling it was given.
func (s *setting) String() string {
	if !s.given {
		return ""
	}
	var c cnet.Config
	_ = s.apply(&c) // Set has checked it
	return s.show(c)
}

// apply writes the given value into a configuration.
func (s *setting) apply(c *cnet.Config) error {
	if !s.given {
		return nil
	}
	if err := s.set(c, s.text); err != nil {
		return usagef("--%s %v", s.name, err)
	}
	return nil
}

// bad returns the error for a value that a flag cannot have; the caller puts the name of the flag before it.
func bad(text, expected string) error { return usagef("is %q, expected %s", text, expected) }

// oneOf returns a setting with a few known values. canonical returns the value for a spelling of it.
func oneOf(s setting, field func(*cnet.Config) *string, canonical func(string) (string, error)) *setting {
	s.set = func(c *cnet.Config, text string) (err error) {
		*field(c), err = canonical(text)
		return err
	}
	s.show = func(c cnet.Config) string { return *field(&c) }
	return &s
}

// whole returns a setting that is a whole number from 1 to most.
func whole(s setting, most int, field func(*cnet.Config) *int) *setting {
	s.value = "N"
	s.set = func(c *cnet.Config, text string) (err error) {
		*field(c), err = parseWhole(text, most)
		return err
	}
	s.show = func(c cnet.Config) string {
		if *field(&c) == 0 {
			return "" // the model has none
		}
		return strconv.Itoa(*field(&c))
	}
	return &s
}

// parseWhole reads a whole number from 1 to most.
func parseWhole(text string, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, bad(text, fmt.Sprintf("a whole number from 1 to %d", most))
	}
	return n, nil
}

// number returns a setting that is a positive number. With off it may also be 0, which the configuration holds as a
// negative number, because a 0 there means the default.
func number(s setting, off bool, below float64, field func(*cnet.Config) *float64) *setting {
	s.value = "X"
	expected := "a number greater than 0"
	if off {
		expected = "0 or a number greater than 0"
	}
	if !math.IsInf(below, 1) {
		expected += fmt.Sprintf(" and less than %g", below)
	}
	s.set = func(c *cnet.Config, text string) error {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) || x < 0 || x >= below || x == 0 && !off {
			return bad(text, expected)
		}
		if x == 0 {
			x = -1
		}
		*field(c) = x
		return nil
	}
	s.show = func(c cnet.Config) string { return strconv.FormatFloat(max(*field(&c), 0), 'g', -1, 64) }
	return &s
}

// epochs returns a setting that is a list of epochs, counted from 0.
func epochs(s setting, field func(*cnet.Config) *[]int) *setting {
	s.value, s.list = "EPOCHS", true
	s.set = func(c *cnet.Config, text string) error {
		var list []int
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
			n, err := strconv.Atoi(word)
			if err != nil || n < 0 {
				return bad(word, "epochs, whole numbers from 0, such as 30,50,70")
			}
			list = append(list, n)
		}
		if len(list) == 0 {
			return bad(text, "epochs, whole numbers from 0, such as 30,50,70")
		}
		slices.Sort(list)
		*field(c) = slices.Compact(list)
		return nil
	}
	s.show = func(c cnet.Config) string {
		words := make([]string, len(*field(&c)))
		for i, n := range *field(&c) {
			words[i] = strconv.Itoa(n)
		}
		return strings.Join(words, ",")
	}
	return &s
}

// onOff returns a setting that is true or false. The field of the configuration may hold its opposite.
func onOff(s setting, opposite bool, field func(*cnet.Config) *bool) *setting {
	s.toggle = true
	s.set = func(c *cnet.Config, text string) error {
		on, err := parseBool(text)
		if err != nil {
			return err
		}
		*field(c) = on != opposite
		return nil
	}
	s.show = func(c cnet.Config) string { return strconv.FormatBool(*field(&c) != opposite) }
	return &s
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "t", "yes", "y", "on", "1":
		return true, nil
	case "false", "f", "no", "n", "off", "0":
		return false, nil
	}
	return false, bad(text, "true or false")
}

// settings returns the flags of train that determine what a run is, in the order of the help. n-time-steps-per comes
// after n-basis, which it multiplies.
func settings() []*setting {
	inf := math.Inf(1)
	return []*setting{
		oneOf(setting{name: "model", value: "NAME", usage: "the network: " + strings.Join(cnet.Models, ", ")},
			func(c *cnet.Config) *string { return &c.Model }, canonicalModel),
		oneOf(setting{name: "scheme", value: "NAME",
			usage: "the numerical scheme: " + strings.Join(cnet.NetworkSchemes(), ", ")},
			func(c *cnet.Config) *string { return &c.Scheme }, canonicalScheme),
		oneOf(setting{name: "dataset", value: "NAME", usage: "the images: " + strings.Join(dataset.Names(), ", ")},
			func(c *cnet.Config) *string { return &c.Dataset }, canonicalDataset),
		oneOf(setting{name: "data", value: "DIR", usage: "the folder of the data set", free: true},
			func(c *cnet.Config) *string { return &c.Data }, absolute),

		whole(setting{name: "alpha",
			usage: "channels of the stem and of the first stage; the others have 2 and 4 times as many"},
			4096, func(c *cnet.Config) *int { return &c.Channels }),
		widenFactor(),
		whole(setting{name: "depth",
			usage: "layers of a ResNetV2, 6n+2 (default 20), or of a WideResNet, 6n+4 (default 34)"},
			4096, func(c *cnet.Config) *int { return &c.Depth }),
		depthOf(cnet.ResNetV2, "depth-res"),
		depthOf(cnet.WideResNet, "depth-wide"),
		dropout(),
		oneOf(setting{name: "basis", value: "NAME",
			usage: "the functions of depth that weights are made of: " + strings.Join(basis.Names(), ", ")},
			func(c *cnet.Config) *string { return &c.Basis }, canonicalBasis),
		whole(setting{name: "n-basis",
			usage: "how many of them, in each stage; --initial-time-d is the original's name for it"},
			1024, func(c *cnet.Config) *int { return &c.NumBasis }),
		whole(setting{name: "steps", usage: "time steps of the scheme over each stage; default as --n-basis"},
			1024, func(c *cnet.Config) *int { return &c.Steps }),
		stepsPerFunction(),
		number(setting{name: "time-epsilon", usage: "the length of time of a stage; default as --n-basis"},
			false, inf, func(c *cnet.Config) *float64 { return &c.TimeEpsilon }),
		onOff(setting{name: "batch-norm",
			usage: "normalise over the batch; --batch-norm=false or --batch-norm False: do not"},
			true, func(c *cnet.Config) *bool { return &c.NoBatchNorm }),
		onOff(setting{name: "use-skipinit", usage: "multiply every rate by a number that starts at 0 and is learned"},
			false, func(c *cnet.Config) *bool { return &c.SkipInit }),
		oneOf(setting{name: "adjoint", value: "HOW",
			usage: "how gradients go back through the steps: " + strings.Join(cnet.Adjoints, ", ")},
			func(c *cnet.Config) *string { return &c.Adjoint }, canonicalAdjoint),
		whole(setting{name: "checkpoints",
			usage: "states kept with --adjoint checkpoint; default the root of the number of steps"},
			1024, func(c *cnet.Config) *int { return &c.Checkpoints }),
		onOff(setting{name: "use-stitch",
			usage: "a residual where resolution and channels change; without, a 1×1 convolution alone"},
			true, func(c *cnet.Config) *bool { return &c.NoStitch }),

		epochs(setting{name: "refine",
			usage: "double steps and functions of depth after so many epochs: 30,50,70 or 30 50 70 or repeated"},
			func(c *cnet.Config) *[]int { return &c.RefineEpochs }),
		whole(setting{name: "batch-size", usage: "images in a training step"}, 1<<20,
			func(c *cnet.Config) *int { return &c.BatchSize }),
		whole(setting{name: "test-batch-size", usage: "images at a time when testing"}, 1<<20,
			func(c *cnet.Config) *int { return &c.TestBatchSize }),
		number(setting{name: "lr", usage: "learning rate; may be another one when a run goes on", free: true},
			false, inf, func(c *cnet.Config) *float64 { return &c.LearningRate }),
		number(setting{name: "lr-decay", usage: "what the learning rate is multiplied by at --lr-decay-epoch"},
			false, inf, func(c *cnet.Config) *float64 { return &c.LRDecay }),
		epochs(setting{name: "lr-decay-epoch",
			usage: "epochs, from 0, at whose end the learning rate decays; a list as --refine"},
			func(c *cnet.Config) *[]int { return &c.LRDecayEpochs }),
		number(setting{name: "momentum", usage: "of the optimizer"},
			true, 1, func(c *cnet.Config) *float64 { return &c.Momentum }),
		number(setting{name: "weight-decay", usage: "of the optimizer, on every parameter"},
			true, inf, func(c *cnet.Config) *float64 { return &c.WeightDecay }),
		onOff(setting{name: "augment", usage: "crop and mirror the training images at random"},
			true, func(c *cnet.Config) *bool { return &c.NoAugment }),
		seed(),
		classes(),
		rateSchedule(),
	}
}

// stepsPerFunction returns the original's setting of the steps: their number for each basis function.
func stepsPerFunction() *setting {
	return &setting{
		name: "n-time-steps-per", value: "N",
		usage: "instead of --steps: so many for each function, as the original has it",
		set: func(c *cnet.Config, text string) error {
			n, err := parseWhole(text, 1<<10)
			if err != nil {
				return err
			}
			c.NumBasis = max(c.WithDefaults().NumBasis, 1)
			c.Steps = c.NumBasis * n
			return nil
		},
		show: func(c cnet.Config) string {
			if c.NumBasis == 0 || c.Steps%c.NumBasis != 0 {
				return fmt.Sprintf("%d/%d", c.Steps, c.NumBasis)
			}
			return strconv.Itoa(c.Steps / c.NumBasis)
		},
	}
}

// dropout returns a setting whose 0 is the default, so that it need not be held as a negative number.
func dropout() *setting {
	s := number(setting{name: "dropout", usage: "the probability that a number in a WideResNet is dropped in training"},
		true, 1, func(c *cnet.Config) *float64 { return &c.Dropout })
	set := s.set
	s.set = func(c *cnet.Config, text string) error {
		err := set(c, text)
		c.Dropout = max(c.Dropout, 0)
		return err
	}
	return s
}

func seed() *setting {
	return &setting{
		name: "seed", value: "N", usage: "of weights, order and augmentation",
		set: func(c *cnet.Config, text string) (err error) {
			if c.Seed, err = strconv.ParseUint(text, 10, 64); err != nil {
				return bad(text, "a whole number from 0")
			}
			return nil
		},
		show: func(c cnet.Config) string { return strconv.FormatUint(c.Seed, 10) },
	}
}

func canonicalModel(text string) (string, error) {
	if strings.EqualFold(text, "ResNet") { // what --arch calls it
		return cnet.ResNetV2, nil
	}
	for _, m := range cnet.Models {
		if strings.EqualFold(m, text) {
			return m, nil
		}
	}
	return "", bad(text, "one of "+strings.Join(cnet.Models, ", "))
}

func canonicalAdjoint(text string) (string, error) {
	if !slices.Contains(cnet.Adjoints, strings.ToLower(text)) {
		return "", bad(text, "one of "+strings.Join(cnet.Adjoints, ", "))
	}
	return strings.ToLower(text), nil
}

func canonicalScheme(text string) (string, error) {
	name, err := methodNamed(text)
	if err != nil {
		return "", bad(text, "one of "+strings.Join(cnet.NetworkSchemes(), ", "))
	}
	return name, nil
}

func canonicalBasis(text string) (string, error) {
	for _, name := range basis.Names() {
		if strings.EqualFold(name, strings.ReplaceAll(text, "-", "_")) {
			return name, nil
		}
	}
	return "", bad(text, "one of "+strings.Join(basis.Names(), ", "))
}

func canonicalDataset(text string) (string, error) {
	name, err := dataset.Canonical(text)
	if err != nil {
		expected := "one of " + strings.Join(dataset.Names(), ", ")
		if isTinyImageNet(text) {
			expected += "; Tiny ImageNet's files, which are JPEG, are not read"
		}
		if _, hint, ok := strings.Cut(err.Error(), "; did you mean "); ok {
			expected += "; did you mean " + hint
		}
		return "", bad(text, expected)
	}
	return name, nil
}

// absolute returns the absolute path of a folder, so that a run is usable from another working directory.
func absolute(dir string) (string, error) {
	if dir == "" {
		return "", bad(dir, "a folder")
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return "", usagef("is %q: %v", dir, err)
	}
	return path, nil
}

// addSettings adds settings to the flags, with the defaults of the library in the help.
func addSettings(flags *pflag.FlagSet, list []*setting) {
	defaults := cnet.Config{}.WithDefaults()
	for _, s := range list {
		usage := s.usage
		if d := s.show(defaults); d != "" && !strings.Contains(usage, "default as ") {
			usage += " (default " + d + ")"
		}
		flag := flags.VarPF(s, s.name, "", usage)
		flag.Hidden = s.hidden
		if s.toggle {
			flag.NoOptDefVal = "true"
		}
	}
}

// applyAll writes the given settings into a configuration. Two that contradict each other are an error: the later one
// would win without a word, which shows when the earlier one is applied once more.
func applyAll(list []*setting, c *cnet.Config) error {
	for _, s := range list {
		if err := s.apply(c); err != nil {
			return err
		}
	}
	for i, s := range list {
		again := *c
		if err := s.apply(&again); err != nil {
			return err
		}
		if s.show(again) == s.show(*c) {
			continue
		}
		for _, later := range list[i+1:] {
			undone := again
			if err := later.apply(&undone); err != nil {
				return err
			}
			if s.show(undone) != s.show(again) {
				return usagef("--%s contradicts --%s; leave one of them out", later.name, s.name)
			}
		}
	}
	return nil
}

// checkAll checks the given settings that are not fields of the configuration.
func checkAll(list []*setting, c cnet.Config) error {
	for _, s := range list {
		if s.given && s.check != nil {
			if err := s.check(c, s.text); err != nil {
				return err
			}
		}
	}
	return nil
}

// newConfig returns the configuration of a new run with the given settings.
func newConfig(list []*setting) (cnet.Config, error) {
	var c cnet.Config
	if err := applyAll(list, &c); err != nil {
		return c, err
	}
	var err error
	if c.Dataset, err = dataset.Resolve(c.Dataset, c.Data); err != nil {
		return c, usagef("%v", err)
	}
	c = c.WithDefaults()
	if err := c.Check(); err != nil {
		return c, usagef("%v", err)
	}
	return c, checkAll(list, c)
}

// find returns the setting of that name.
func find(list []*setting, name string) *setting {
	return list[slices.IndexFunc(list, func(s *setting) bool { return s.name == name })]
}

// agree returns an error for a given setting that is neither what the run was made with nor what it has now. The notes
// tell of settings that the run was made with and that have changed since.
func agree(list []*setting, dir string, have, now cnet.Config) (notes []string, err error) {
	for _, s := range list {
		if s.free || !s.given {
			continue
		}
		want, wantNow := have, now
		if err := s.apply(&want); err != nil {
			return nil, err
		}
		if err := s.apply(&wantNow); err != nil {
			return nil, err
		}
		is, given, isNow := s.show(have), s.show(want), s.show(now)
		switch {
		case is == given && isNow != s.show(wantNow):
			notes = append(notes, fmt.Sprintf("%s stays %s (made with %s, changed since)", s.name, isNow, is))
		case is == given || isNow == s.show(wantNow):
		case is == "":
			return nil, usagef("--%s %s is not what run %s was made with; leave it out to go on, or use another --run",
				s.name, given, dir)
		default:
			if isNow != is {
				is += " and " + isNow + " by now"
			}
			return nil, usagef("--%s %s is not what run %s was made with, which is %s; "+
				"leave it out to go on, or use another --run", s.name, given, dir, is)
		}
	}
	return notes, checkAll(list, have)
}
