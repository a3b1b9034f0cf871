package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"continuousnet/cnet"
	"continuousnet/cnet/basis"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/words"
	rates "continuousnet/cnet/rate"
)

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
		datasetSetting(),
		oneOf(setting{name: "data", value: "DIR", usage: "the folder of the data set, or the .tar.gz of CIFAR",
			free: true},
			func(c *cnet.Config) *string { return &c.Data }, absolute),
		whole(setting{name: "size",
			usage: "bring images of your own to N×N pixels; default as they are, all of one size"},
			4096, func(c *cnet.Config) *int { return &c.Size }),
		onOff(setting{name: "skip-bad", usage: "leave out images of your own that cannot be used, or have another " +
			"size than most, instead of stopping"},
			false, func(c *cnet.Config) *bool { return &c.SkipBad }),
		oneOf(setting{name: "layout", value: "NAME", usage: "of images in a .npz file whose shape can be two: " +
			strings.Join(dataset.Layouts, ", ")},
			func(c *cnet.Config) *string { return &c.Layout }, canonicalLayout),
		fromZero(setting{name: "validation",
			usage: "hold out this share of the training images, such as 0.1: the net is " +
				"measured on it, and --keep-best and --early-stop look at it"},
			1, func(c *cnet.Config) *float64 { return &c.Validation }),
		seed(setting{name: "split-seed", usage: "of the choice of test images where a folder has no test/ or val/"},
			func(c *cnet.Config) *uint64 { return &c.SplitSeed }),
		whole(setting{name: "points",
			usage: "of moons, circles and spirals: how many to train on, and as many to test with; default 400"}, 1<<20,
			func(c *cnet.Config) *int { return &c.Points }),
		noise(),

		targetSetting(),

		alphaSetting(),
		wholeFromZero(setting{name: "augment-dim",
			usage: "zeros that a NeuralODE appends to each point, as dimensions to pass each other in"},
			4096, func(c *cnet.Config) *int { return &c.AugmentDim }),
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
		basisSetting(),
		stepsSetting(),
		stepsPerFunction(),
		stagesSetting(),
		number(setting{name: "time-epsilon", usage: "the length of time of a stage; default as --n-basis"},
			false, inf, func(c *cnet.Config) *float64 { return &c.TimeEpsilon }),
		number(setting{name: "rtol",
			usage: "let the steps of a NeuralODE adapt to this relative tolerance of their error; default as --atol"},
			false, inf, func(c *cnet.Config) *float64 { return &c.RTol }),
		number(setting{name: "atol", usage: "the absolute tolerance; default as --rtol"},
			false, inf, func(c *cnet.Config) *float64 { return &c.ATol }),
		oneOf(setting{name: "rate", value: "NAME", usage: "the rate R of the ODE blocks, dx/dt = R: " +
			strings.Join(rates.Names(), ", ") + ", as ActFirst and Wide nets have; or an MLP by its units and " +
			"activation, such as " + rates.DefaultMLP + ", or mlp-64-softplus-t with the time"},
			func(c *cnet.Config) *string { return &c.Rate }, canonicalRate),
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

		epochs(setting{name: "refine", change: true,
			usage: "double steps and functions of depth after so many epochs: 30,50,70 or 30 50 70 or repeated"},
			func(c *cnet.Config) *[]int { return &c.RefineEpochs }),
		whole(setting{name: "batch-size", change: true, usage: "images in a training step"}, 1<<20,
			func(c *cnet.Config) *int { return &c.BatchSize }),
		whole(setting{name: "test-batch-size", change: true, usage: "images at a time when testing"}, 1<<20,
			func(c *cnet.Config) *int { return &c.TestBatchSize }),
		oneOf(setting{name: "optimizer", change: true, value: "NAME", usage: "how weights follow the gradients: " +
			strings.Join(cnet.Optimizers, ", ") + "; they have defaults of their own for --lr and --weight-decay"},
			func(c *cnet.Config) *string { return &c.Optimizer }, canonicalOptimizer),
		number(setting{name: "lr", free: true, usage: "learning rate; may be another one when a run goes on"},
			false, inf, func(c *cnet.Config) *float64 { return &c.LearningRate }),
		number(setting{name: "lr-decay", change: true,
			usage: "what the learning rate is multiplied by at --lr-decay-epoch"},
			false, inf, func(c *cnet.Config) *float64 { return &c.LRDecay }),
		epochs(setting{name: "lr-decay-epoch", change: true,
			usage: "epochs, from 0, at whose end the learning rate decays; a list as --refine"},
			func(c *cnet.Config) *[]int { return &c.LRDecayEpochs }),
		oneOf(setting{name: "lr-schedule", change: true, value: "NAME",
			usage: "how the learning rate changes, see above: " + strings.Join(cnet.LRSchedules, ", ")},
			func(c *cnet.Config) *string { return &c.LRSchedule }, canonicalSchedule),
		warmup(),
		whole(setting{name: "lr-epochs", change: true,
			usage: "epochs that the schedule is for; default the first --epochs of the run, default as it"}, 1<<20,
			func(c *cnet.Config) *int { return &c.Epochs }),
		number(setting{name: "momentum", change: true, usage: "of the optimizer; beta1 of adam, adamw and lion"},
			true, 1, func(c *cnet.Config) *float64 { return &c.Momentum }),
		number(setting{name: "weight-decay", change: true, usage: "of the optimizer, on every parameter"},
			true, inf, func(c *cnet.Config) *float64 { return &c.WeightDecay }),
		fromZero(setting{name: "clip-norm", change: true,
			usage: "the most that the norm of all gradients may be; 0: any"},
			inf, func(c *cnet.Config) *float64 { return &c.ClipNorm }),
		fromZero(setting{name: "label-smoothing", change: true,
			usage: "probability that the loss spreads over all classes instead of the label"},
			1, func(c *cnet.Config) *float64 { return &c.LabelSmoothing }),
		fromZero(setting{name: "kinetic-energy",
			usage: "weight in the loss of the ODE blocks' kinetic energy, the integral of |dx/dt|^2, such as 0.01"},
			inf, func(c *cnet.Config) *float64 { return &c.KineticEnergy }),
		fromZero(setting{name: "jacobian-norm",
			usage: "weight in the loss of the squared norm of the rate's Jacobian, integrated, such as 0.01"},
			inf, func(c *cnet.Config) *float64 { return &c.JacobianNorm }),
		fromZero(setting{name: "error-estimate",
			usage: "weight in the loss of the errors that the solver estimates where steps adapt, such as 0.1"},
			inf, func(c *cnet.Config) *float64 { return &c.ErrorEstimate }),
		fromZero(setting{name: "ema", change: true, usage: "decay of a moving average of the weights, such as 0.999, " +
			"with which the net is tested, used and exported; 0: none"},
			1, func(c *cnet.Config) *float64 { return &c.EMA }),
		keepBest(),
		earlyStop(),
		whole(setting{name: "devices", free: true,
			usage: "so many GPUs share each training batch; the result is that of one up to rounding"}, 1024,
			func(c *cnet.Config) *int { return &c.Devices }),
		oneOf(setting{name: "precision", value: "NAME", free: true,
			usage: "of convolutions while training: " + strings.Join(cnet.Precisions, ", ") +
				" (8 significant bits, sums and all else in float32; on XLA)"},
			func(c *cnet.Config) *string { return &c.Precision }, canonicalPrecision),
		augment(),
		seed(setting{name: "seed", usage: "of weights, order and augmentation"},
			func(c *cnet.Config) *uint64 { return &c.Seed }),
		classes(),
	}
}

// augment returns the setting of the augmentation. The words for true and false, which are the original's, stand for
// the default and for none.
func augment() *setting {
	var names []string
	for _, s := range dataset.AugmentSteps() {
		names = append(names, s.Name)
	}
	return &setting{
		name: "augment", value: "LIST", change: true, bare: "true",
		usage: "how training images are varied at random, such as crop,flip,cutout:8; see above: " +
			strings.Join(names, ", ") + ", or none",
		set: func(c *cnet.Config, text string) error {
			steps := strings.Split(text, ",")
			if on, err := parseBool(text); err == nil {
				steps = []string{dataset.NoAugmentation}
				if on {
					steps = dataset.DefaultAugmentation()
				}
			}
			list, err := dataset.CanonicalAugment(steps)
			if err != nil {
				return usagef("is %q: %s", text, strings.TrimPrefix(err.Error(), "augmentation: "))
			}
			c.Augment, c.NoAugment = list, list[0] == dataset.NoAugmentation
			return nil
		},
		show: func(c cnet.Config) string { return strings.Join(c.Augment, ",") },
	}
}

func dropout() *setting {
	return fromZero(setting{name: "dropout",
		usage: "the probability that a number in a WideResNet is dropped in training"},
		1, func(c *cnet.Config) *float64 { return &c.Dropout })
}

// noise returns the setting of the noise of toys, which may be 0 for none.
func noise() *setting {
	s := fromZero(setting{name: "noise",
		usage: "of the same: the standard deviation in both coordinates; default 0.1 or 0.05"},
		math.Inf(1), func(c *cnet.Config) *float64 { return &c.Noise })
	set := s.set
	s.set = func(c *cnet.Config, text string) error {
		err := set(c, text)
		if c.Noise == 0 {
			c.Noise = -1
		}
		return err
	}
	s.show = func(c cnet.Config) string {
		if c.Noise == 0 {
			return "" // not a toy
		}
		return strconv.FormatFloat(max(c.Noise, 0), 'g', -1, 64)
	}
	return s
}

// targetSetting returns the setting of the columns of a .csv file that are numbers to predict.
func targetSetting() *setting {
	return &setting{
		name: "target", value: "NAME,...", list: true,
		usage: "columns of a .csv file that are numbers to predict, instead of a class; default its last ones if " +
			"they are called y or y1, y2, ...; none: there is a class",
		set: func(c *cnet.Config, text string) error {
			c.Targets = nil
			for name := range strings.SplitSeq(text, ",") {
				if name = strings.TrimSpace(name); name == "" {
					return bad(text, "names of columns with commas between them")
				}
				c.Targets = append(c.Targets, name)
			}
			return nil
		},
		show: func(c cnet.Config) string { return strings.Join(c.Targets, ",") },
	}
}

func warmup() *setting {
	return fromZero(setting{name: "lr-warmup", change: true,
		usage: "epochs in which the learning rate rises to --lr at first"},
		math.Inf(1), func(c *cnet.Config) *float64 { return &c.LRWarmup })
}

// anyPart is --keep-best without a part: the validation part if there is one, or else the test images.
const anyPart = "auto"

// keepBest returns the setting of what the best epoch is kept by.
func keepBest() *setting {
	s := oneOf(setting{name: "keep-best", value: "PART", change: true, bare: anyPart,
		usage: "keep the epoch with the best accuracy (or R2) on this part of the data, " +
			strings.Join(cnet.Parts, " or ") + ", for eval --best and the like; off: none"},
		func(c *cnet.Config) *string { return &c.KeepBest }, func(text string) (string, error) {
			switch part := strings.ToLower(text); {
			case part == "off":
				return "", nil
			case slices.Contains(cnet.Parts, part), part == anyPart:
				return part, nil
			}
			return "", bad(text, strings.Join(cnet.Parts, ", ")+" or off")
		})
	set := s.set
	s.set = func(c *cnet.Config, text string) error {
		err := set(c, text)
		if c.KeepBest == anyPart {
			c.KeepBest = cnet.PartTest
			if c.Validation > 0 {
				c.KeepBest = cnet.PartValidation
			}
		}
		return err
	}
	return s
}

// earlyStop returns the setting of how long to train without getting better, which may be 0 for as long as planned.
func earlyStop() *setting {
	return wholeFromZero(setting{name: "early-stop", change: true,
		usage: "stop after so many epochs without a better accuracy on that part of the data; 0: never"}, 1<<20,
		func(c *cnet.Config) *int { return &c.EarlyStop })
}

// seed returns a setting that is a seed, which may be 0.
func seed(s setting, field func(*cnet.Config) *uint64) *setting {
	s.value = "N"
	s.set = func(c *cnet.Config, text string) (err error) {
		if *field(c), err = strconv.ParseUint(text, 10, 64); err != nil {
			return bad(text, "a whole number from 0")
		}
		return nil
	}
	s.show = func(c cnet.Config) string { return strconv.FormatUint(*field(&c), 10) }
	return &s
}

// datasetSetting returns the setting of the data set: a name, or a folder of images, which sets the folder as well.
func datasetSetting() *setting {
	return &setting{
		name: "dataset", value: "NAME|PATH",
		usage: "the images: " + strings.Join(dataset.Names(), ", ") +
			"; or their folder or .tar.gz; or images of your own: a folder with train/CLASS/*.png and " +
			"test/ or val/, or with CLASS/*.png, or a .npz file; or points: " +
			strings.Join(dataset.Toys, ", ") + ", or a .csv file",
		set: func(c *cnet.Config, text string) error {
			if name, err := dataset.Canonical(text); err == nil {
				c.Dataset = name
				return nil
			}
			name, dir, err := canonicalDataset(text)
			if err != nil {
				return err
			}
			c.Dataset, c.Data = name, dir
			return nil
		},
		show: func(c cnet.Config) string {
			if dataset.Own(c.Dataset) && c.Data != "" {
				return c.Data
			}
			return c.Dataset
		},
	}
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
		flag.NoOptDefVal = s.withoutValue()
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
// Epochs is the number of them to train for; 0: not given.
func newConfig(list []*setting, epochs int) (cnet.Config, error) {
	var c cnet.Config
	if err := applyAll(list, &c); err != nil {
		return c, err
	}
	var err error
	if c.Dataset, c.Data, err = dataset.Resolve(c.Dataset, c.Data); err != nil {
		return c, usagef("%v", err)
	}
	plan(&c, epochs)
	c = c.WithDefaults()
	if err := c.Check(); err != nil {
		return c, usagef("%v", err)
	}
	return c, checkAll(list, c)
}

// plan writes the number of epochs into a configuration unless --lr-epochs did, the default if it is 0: the schedule of
// the learning rate depends on it.
func plan(c *cnet.Config, epochs int) {
	if c.Epochs == 0 {
		c.Epochs = epochsOr(epochs, *c)
	}
}

// epochsOr returns the number of epochs to train for: the given one, if it is not 0, or else the planned one of the
// configuration, or the default.
func epochsOr(given int, c cnet.Config) int {
	switch {
	case given > 0:
		return given
	case c.Epochs > 0:
		return c.Epochs
	case c.Dataset == sampleName || c.Dataset == "":
		return sampleEpochs
	case c.WithDefaults().Model == cnet.NeuralODE:
		return pointEpochs
	}
	return defaultEpochs
}

// find returns the setting of that name.
func find(list []*setting, name string) *setting {
	return list[slices.IndexFunc(list, func(s *setting) bool { return s.name == name })]
}

// agree returns an error for a given setting that is neither what the run was made with nor what it has now. The notes
// tell of settings that the run was made with and that have changed since.
func agree(list []*setting, dir string, have, now cnet.Config) (notes []string, err error) {
	for _, s := range list {
		if s.free || s.change || !s.given {
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
			moved := ""
			if s.name == "dataset" && dataset.IsKind(have.Dataset) && want.Dataset == have.Dataset {
				moved = "; if the data have moved there, say --data " + words.ShellQuote(given)
			}
			return nil, usagef("--%s %s is not what run %s was made with, which is %s; "+
				"leave it out to go on, or use another --run%s", s.name, given, dir, is, moved)
		}
	}
	return notes, checkAll(list, have)
}
