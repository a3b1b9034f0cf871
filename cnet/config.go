package cnet

import (
	"fmt"
	"math"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/ode"
)

// Config describes a network, the data that it is trained on, and how it is trained. Its zero value is a good default:
// fields that are 0 or empty take the value named in their comment. It is written to a run's config.json. Scheme, steps
// and learning rate, which change while training, are kept in the run's state, and stay here what they were at first;
// some other fields can be changed with Run.Change.
type Config struct {
	Dataset string `json:"dataset"`        // "fashion-sample"; see dataset.Names. Or a path, such as "photos/birds"
	Data    string `json:"data,omitempty"` // "data/NAME": its folder. Without Dataset, the files there tell which it is

	// Set is a data set that is given in Go, as dataset.New makes it, instead of Dataset. A run keeps a copy beside it.
	Set *dataset.Set `json:"-"`

	// Validation is the share of the training images, from 0 to less than 1, that is held out by the seed: the net is
	// measured on it after each epoch, and KeepBest and EarlyStop look at it. The test images are then measured once,
	// at the end of the Epochs that are planned or when the training stops early, with the best epoch if that is kept;
	// and by Evaluate. Only KeepBest "test" has them measured after each epoch, too.
	Validation float64 `json:"validation,omitempty"`

	// For images of one's own, see dataset.Options.
	Size      int    `json:"size,omitempty"`       // pixels each way; 0: as they are, and all of one size
	SkipBad   bool   `json:"skip_bad,omitempty"`   // leave out files that cannot be used, or are of an odd size
	Layout    string `json:"layout,omitempty"`     // of the arrays in a .npz file, if their shape can be two
	SplitSeed uint64 `json:"split_seed,omitempty"` // of the choice of test images where the folder makes none

	// Targets are the columns of a .csv file that are numbers to predict, instead of a class; see dataset.Options. A
	// NeuralODE is then trained by the mean squared error.
	Targets []string `json:"targets,omitempty"`

	// For Toys, see dataset.Options; SplitSeed is that of their noise.
	Points int     `json:"points,omitempty"` // 400 to train on, and as many to test with
	Noise  float64 `json:"noise,omitempty"`  // negative: none

	Model    string `json:"model"`              // "ContinuousNet", for points "NeuralODE"; see Models
	Channels int    `json:"channels,omitempty"` // 16: of the stem (alpha) and first stage; the others have 2×, 4×, ...

	// AugmentDim is the number of zeros that a NeuralODE appends to each point, in which trajectories can pass each
	// other (Dupont, Doucet, Teh: Augmented neural ODEs, 2019).
	AugmentDim int `json:"augment_dim,omitempty"`

	// For nets that are continuous in depth only.
	Scheme      string  `json:"scheme,omitempty"`       // "euler"; see NetworkSchemes
	Basis       string  `json:"basis,omitempty"`        // "piecewise_constant": of weights over depth; see basis.Names
	NumBasis    int     `json:"num_basis,omitempty"`    // Steps, or 1: functions of the basis, in each stage
	Steps       int     `json:"steps,omitempty"`        // NumBasis: time steps of the scheme over each stage
	TimeEpsilon float64 `json:"time_epsilon,omitempty"` // NumBasis: the length of time that t in [0, 1] stands for
	RTol        float64 `json:"rtol,omitempty"`         // ATol: of a NeuralODE whose steps adapt; 0: they are equal
	ATol        float64 `json:"atol,omitempty"`         // RTol: relative and absolute tolerance of a step's error

	// Stages that are not three, or not alike: a list has a number for each stage, and stands instead of the one
	// number. Without Stages, the lists say how many there are. Each stage after the first halves the resolution. If
	// NumBasis differs between stages, so does the length of time, unless TimeEpsilon is set. A NeuralODE has one.
	Stages        int   `json:"stages,omitempty"`         // 3
	StageChannels []int `json:"stage_channels,omitempty"` // Channels then are those of the stem: the first stage's
	StageSteps    []int `json:"stage_steps,omitempty"`
	StageBasis    []int `json:"stage_basis,omitempty"` // numbers of basis functions

	Adjoint     string `json:"adjoint,omitempty"`     // "backprop": how gradients go back; see Adjoints
	Checkpoints int    `json:"checkpoints,omitempty"` // √Steps: states kept with the adjoint "checkpoint"
	Rate        string `json:"rate,omitempty"`        // the model's own R(x, θ(t)); see the rate package
	SkipInit    bool   `json:"skip_init,omitempty"`   // multiply every rate by a scalar that starts at 0
	NoStitch    bool   `json:"no_stitch,omitempty"`   // change resolution and channels by a 1×1 convolution alone

	// For wide nets only: the stages have WidenFactor times as many channels as the stem. Width sets the channels of a
	// WideResNet's first stage to any number, which may be smaller than that of the stem.
	WidenFactor int `json:"widen_factor,omitempty"` // 4
	Width       int `json:"width,omitempty"`        // Channels·WidenFactor; WideResNet only

	Depth       int     `json:"depth,omitempty"`         // layers: 20 in a ResNetV2, 34 in a WideResNet; baselines only
	Dropout     float64 `json:"dropout,omitempty"`       // the probability of dropping a number; WideResNet only
	NoBatchNorm bool    `json:"no_batch_norm,omitempty"` // leave batch norm out; not WideResNet

	BatchSize     int     `json:"batch_size"`                // 128
	TestBatchSize int     `json:"test_batch_size"`           // 200
	LearningRate  float64 `json:"learning_rate"`             // 0.1; Adam, AdamW, RMSProp 1e-3, Lion 1e-4
	LRSchedule    string  `json:"lr_schedule,omitempty"`     // "step": how it changes; see LRSchedules
	LRDecay       float64 `json:"lr_decay"`                  // 0.1: a factor at the end of the epochs in LRDecayEpochs
	LRDecayEpochs []int   `json:"lr_decay_epochs,omitempty"` // DecayEpochs(Epochs): from 0; with LRStep only
	LRWarmup      float64 `json:"lr_warmup,omitempty"`       // epochs over which it rises at first; not with LROneCycle
	Momentum      float64 `json:"momentum"`                  // 0.9; β₁ of Adam, AdamW, Lion; negative: none
	WeightDecay   float64 `json:"weight_decay"`              // 5e-4; AdamW 0.01, Lion 0.1; negative: none
	RefineEpochs  []int   `json:"refine_epochs,omitempty"`   // epochs, from 0, at whose start the net is refined
	Seed          uint64  `json:"seed"`                      // of weights, order and augmentation

	// Augment lists the steps that vary the training images, in their order: "crop", "flip", "cutout:8", "jitter:0.2",
	// and last "mixup:0.4" or "cutmix"; see dataset.AugmentSteps. The default is crop and flip, as in the original.
	// NoAugment, which is the same as "none", trains on the images as they are.
	Augment   []string `json:"augment,omitempty"`
	NoAugment bool     `json:"no_augment,omitempty"`

	Optimizer      string  `json:"optimizer,omitempty"`       // "sgd"; see Optimizers
	LabelSmoothing float64 `json:"label_smoothing,omitempty"` // probability that is spread over all classes, 0 to 1
	ClipNorm       float64 `json:"clip_norm,omitempty"`       // the most that the norm of all gradients may be
	EMA            float64 `json:"ema,omitempty"`             // decay of a moving average of the weights, such as 0.999
	KineticEnergy  float64 `json:"kinetic_energy,omitempty"`  // weight in the loss of ∫|dx/dt|² dt; see Costs
	JacobianNorm   float64 `json:"jacobian_norm,omitempty"`   // weight in the loss of ∫‖∂(dx/dt)/∂x‖² dt
	ErrorEstimate  float64 `json:"error_estimate,omitempty"`  // weight in the loss of ΣE·|h| over steps that adapt
	KeepBest       string  `json:"keep_best,omitempty"`       // keep the epoch that is best on this part of Parts
	EarlyStop      int     `json:"early_stop,omitempty"`      // stop after so many epochs without a better one

	// Epochs is the planned number of epochs, which LRCosine and LROneCycle need: they end with it. With LRStep it says
	// when the learning rate decays, unless LRDecayEpochs does; without either it does not decay. Training may stop
	// before and go on later. In a run that is trained for longer, the learning rate stays the one of the last planned
	// batch, until SetLearningRate sets another.
	Epochs int `json:"epochs,omitempty"`

	Engine  string `json:"engine,omitempty"`  // "auto"; see the engine package
	Devices int    `json:"devices,omitempty"` // 1: of the engine; so many share each training batch

	// "float32": of convolutions while training. "bf16" is faster on GPUs; see Precisions
	Precision string `json:"precision,omitempty"`
}

// WithDefaults returns the configuration with defaults in the fields that are not set.
//
// By default a net has as many steps as basis functions: a one-stage scheme samples θ(t) once per step, so n steps
// determine at most n basis functions. Some bases do not come with every number of functions, as piecewise_linear needs
// an even one: then the default is the next number that the basis takes.
func (c Config) WithDefaults() Config {
	setDefault(&c.Dataset, "fashion-sample")
	if c.Model == "" && c.ofPoints() {
		c.Model = NeuralODE
	}
	setDefault(&c.Model, ContinuousNet)
	if Continuous(c.Model) {
		if c = c.InShort(); len(c.StageChannels) > 0 {
			setDefault(&c.Channels, c.StageChannels[0])
		}
	}
	if c.Model == NeuralODE {
		c.setPointDefaults()
	} else {
		setDefault(&c.Channels, 16)
	}
	if Continuous(c.Model) {
		setDefault(&c.Scheme, "euler")
		setDefault(&c.Basis, piecewiseConstant)
		c.setStageDefaults()
		setDefault(&c.Rate, modelRate(c.Model))
	}
	switch c.Model {
	case WideContinuousNet:
		setDefault(&c.WidenFactor, 4)
	case ResNetV2:
		setDefault(&c.Depth, 20)
	case WideResNet:
		if c.Width == 0 {
			setDefault(&c.WidenFactor, 4)
		}
		setDefault(&c.Width, c.Channels*c.WidenFactor)
		setDefault(&c.Depth, 34)
	}
	setDefault(&c.BatchSize, 128)
	setDefault(&c.TestBatchSize, 200)
	c.setOptimizerDefaults()
	setDefault(&c.LRSchedule, LRStep)
	setDefault(&c.LRDecay, 0.1)
	if c.LRSchedule == LRStep && len(c.LRDecayEpochs) == 0 && c.Epochs > 0 {
		c.LRDecayEpochs = DecayEpochs(c.Epochs)
	}
	c.setAugment()
	setDefault(&c.Engine, "auto")
	return c
}

// enough returns the smallest number of functions that the basis takes, from least to least+3, or least if it takes
// none of them.
func enough(name string, least int) int {
	for k := least; k < least+4; k++ {
		if _, err := basis.New(name, k); err == nil {
			return k
		}
	}
	return least
}

// setDefault sets a field that has its zero value.
func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Check returns an error that names the first field with a value that it cannot have.
func (c Config) Check() error {
	if _, err := dataset.Canonical(c.Dataset); err != nil && c.Set == nil {
		return err
	}
	return c.check(ode.Lookup)
}

// check is Check with the schemes that lookup finds and without the data set, which a run can be looked at without.
func (c Config) check(lookup schemeLookup) error {
	if err := c.checkFields(lookup); err != nil {
		return err
	}
	if err := c.checkBest(); err != nil {
		return err
	}
	if err := c.checkAugment(); err != nil {
		return err
	}
	return c.checkSchedule()
}

// checkFields is check without the schedule of the learning rate, which a run can be looked at without.
func (c Config) checkFields(lookup schemeLookup) error {
	if err := c.checkModel(lookup); err != nil {
		return err
	}
	if c.AugmentDim < 0 || c.AugmentDim > 4096 {
		return badField("augment dim", c.AugmentDim, "from 0 to 4096")
	}
	channels := c.Channels
	if c.Model == NeuralODE {
		channels = 1 // those of the points
	}
	for _, f := range []struct {
		name       string
		value, max int
	}{
		{"channels", channels, 4096},
		{"batch size", c.BatchSize, 1 << 20}, {"test batch size", c.TestBatchSize, 1 << 20},
	} {
		if err := between(f.name, f.value, f.max); err != nil {
			return err
		}
	}
	if err := c.checkDevices(); err != nil {
		return err
	}
	if err := c.checkPrecision(); err != nil {
		return err
	}
	for _, f := range []struct {
		name     string
		value    float64
		positive bool
	}{
		{"learning rate", c.LearningRate, true}, {"lr decay", c.LRDecay, true},
		{"momentum", c.Momentum, false}, {"weight decay", c.WeightDecay, false},
	} {
		if notFinite(f.value) || f.positive && f.value <= 0 {
			return badField(f.name, f.value, "a positive number")
		}
	}
	if err := c.checkOptimizer(); err != nil {
		return err
	}
	if err := c.checkRegularisers(); err != nil {
		return err
	}
	if c.Momentum >= 1 {
		return badField("momentum", c.Momentum, "less than 1")
	}
	if !(c.Validation >= 0 && c.Validation < 1) {
		return badField("validation", c.Validation, "a share of the training images, from 0 to less than 1")
	}
	for _, list := range [][]int{c.RefineEpochs, c.LRDecayEpochs} {
		for _, e := range list {
			if e < 0 {
				return badField("an epoch to refine or to decay the learning rate at", e, "0 or more")
			}
		}
	}
	return nil
}

// badField returns the error for a field with a value that it cannot have.
func badField(field string, value any, want string) error {
	return fmt.Errorf("config: %s is %v, must be %s", field, value, want)
}

// between returns an error unless the value of a field is from 1 to most.
func between(field string, value, most int) error {
	if value < 1 || value > most {
		return badField(field, value, fmt.Sprintf("from 1 to %d", most))
	}
	return nil
}

// learningRate returns the rate of an epoch, counted from 0, given the rate of an earlier epoch: it decays at the end
// of each epoch in LRDecayEpochs. The schedule multiplies it.
func (c Config) learningRate(rate float64, from, epoch int) float64 {
	for _, e := range c.LRDecayEpochs {
		if from <= e && e < epoch {
			rate *= c.LRDecay
		}
	}
	return rate
}

// notFinite reports whether x is NaN or infinite.
func notFinite(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }
