package cnet

import (
	"fmt"
	"slices"
	"strings"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/internal/words"
)

// stages is the number of stages of the original's nets, which is the default.
const stages = 3

// mostStages is the largest number of stages: images of 2048 pixels can be halved so many times.
const mostStages = 12

// NumStages returns the number of stages of a net that is continuous in depth.
func (c Config) NumStages() int {
	if c.Model == NeuralODE {
		return 1
	}
	for _, n := range append([]int{c.Stages}, c.lengthsOfLists()...) {
		if n != 0 {
			return n
		}
	}
	return stages
}

func (c Config) lengthsOfLists() []int {
	return []int{len(c.StageSteps), len(c.StageBasis), len(c.StageChannels)}
}

// saysStages reports whether the configuration says how many stages there are.
func (c Config) saysStages() bool {
	return c.Stages != 0 || slices.Max(c.lengthsOfLists()) > 0
}

// StepsOfStages and BasisOfStages return the numbers of steps and of basis functions of each stage.
func (c Config) StepsOfStages() []int { return c.perStage(c.StageSteps, c.Steps) }
func (c Config) BasisOfStages() []int { return c.perStage(c.StageBasis, c.NumBasis) }

// ChannelsOfStages returns the number of channels of each stage, before it is widened.
func (c Config) ChannelsOfStages() []int {
	list := c.perStage(c.StageChannels, c.Channels)
	if len(c.StageChannels) == 0 {
		for i := range list {
			list[i] <<= i
		}
	}
	return list
}

// shortSteps returns the steps as they are said: one number for all stages, or one for each.
func (c Config) shortSteps() []int {
	if len(c.StageSteps) > 0 {
		return c.StageSteps
	}
	return []int{c.Steps}
}

// perStage returns a list with a number for each stage, given as the list or as the one number of all stages.
func (c Config) perStage(list []int, one int) []int {
	if len(list) > 0 {
		return slices.Clone(list)
	}
	return slices.Repeat([]int{one}, min(max(c.NumStages(), 0), mostStages))
}

// InShort returns the configuration with lists for the stages replaced by one number where that says the same, so that
// there is one way to write a configuration: steps 2, 2, 2 are Steps: 2. Three stages are the default, and not said.
func (c Config) InShort() Config {
	n := c.NumStages()
	if slices.ContainsFunc(c.lengthsOfLists(), func(length int) bool { return length != 0 && length != n }) {
		return c // a mistake, which checkStages tells
	}
	if c.Model == NeuralODE && c.Stages > 1 {
		return c // so is this
	}
	short := func(list *[]int, one *int, next func(int) int) {
		if len(*list) != n || *one != 0 && *one != (*list)[0] {
			return
		}
		for i, x := range *list {
			if i > 0 && x != next((*list)[i-1]) {
				return
			}
		}
		*one, *list = (*list)[0], nil
	}
	same := func(x int) int { return x }
	short(&c.StageSteps, &c.Steps, same)
	short(&c.StageBasis, &c.NumBasis, same)
	short(&c.StageChannels, &c.Channels, func(x int) int { return 2 * x })
	if c.Stages = n; n == stages || c.Model == NeuralODE || slices.Contains(c.lengthsOfLists(), n) {
		c.Stages = 0 // by default, or as the lists say
	}
	return c
}

// setStageDefaults sets channels, basis functions, steps and the length of time where they are not set; the scheme's
// and the basis's names are.
func (c *Config) setStageDefaults() {
	switch {
	case len(c.StageBasis) > 0 || c.NumBasis != 0:
	case len(c.StageSteps) > 0:
		for _, steps := range c.StageSteps {
			c.StageBasis = append(c.StageBasis, enough(c.Basis, max(steps, 1)))
		}
	default:
		c.NumBasis = enough(c.Basis, max(c.Steps, 1))
	}
	switch {
	case len(c.StageSteps) > 0 || c.Steps != 0:
	case len(c.StageBasis) > 0:
		c.StageSteps = slices.Clone(c.StageBasis)
	default:
		c.Steps = c.NumBasis
	}
	*c = c.InShort()
	setDefault(&c.TimeEpsilon, float64(c.NumBasis))
}

// checkStages checks what the configuration says of each stage.
func (c Config) checkStages() error {
	if err := between("stages", c.NumStages(), mostStages); err != nil {
		return err
	}
	n, because := c.Stages, fmt.Sprintf("stages is %d", c.Stages)
	for _, f := range []struct {
		name string
		list []int
		one  int
		most int
	}{
		{"steps", c.StageSteps, c.Steps, mostStageSteps},
		{"functions of depth", c.StageBasis, c.NumBasis, 0}, // the basis checks their number
		{"channels", c.StageChannels, 0, 4096},
	} {
		if f.list == nil {
			continue
		}
		said := fmt.Sprintf("%s of the stages are %s", f.name, listText(f.list))
		switch {
		case len(f.list) == 0:
			return badField(f.name+" of the stages", "an empty list", "left out, or a number for each stage")
		case n == 0:
			n, because = len(f.list), said
		case len(f.list) != n:
			return fmt.Errorf("config: %s, but %s; give a number for each stage, or one for all", because, said)
		}
		if f.one != 0 {
			return fmt.Errorf("config: %s is %d, but %s; leave one of them out", f.name, f.one, said)
		}
		for i, x := range f.list {
			if f.most > 0 {
				if err := between(fmt.Sprintf("%s of stage %d", f.name, i+1), x, f.most); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// mostStageSteps is the largest number of steps over a stage.
const mostStageSteps = 1024

// bases returns the basis of each stage.
func (c Config) bases() ([]basis.Basis, error) { return newBases(c.Basis, c.BasisOfStages()) }

// newBases returns the basis of that name with each of the numbers of functions.
func newBases(name string, numBasis []int) ([]basis.Basis, error) {
	list := make([]basis.Basis, len(numBasis))
	for i, k := range numBasis {
		b, err := basis.New(name, k)
		if err != nil && !words.Alike(numBasis) {
			return nil, fmt.Errorf("config: stage %d: %w", i+1, err)
		}
		if err != nil {
			return nil, err
		}
		list[i] = b
	}
	return list, nil
}

// lengths returns the length of time of each stage: TimeEpsilon, or else the stage's number of basis functions.
func (c Config) lengths() []float64 {
	list := make([]float64, c.NumStages())
	for i, k := range c.BasisOfStages() {
		if list[i] = c.TimeEpsilon; c.TimeEpsilon == 0 {
			list[i] = float64(k)
		}
	}
	return list
}

// oneOrEach returns the numbers of the stages as a configuration has them: one number, or a list if they differ.
func oneOrEach(list []int) (one int, differing []int) {
	if words.Alike(list) {
		return list[0], nil
	}
	return 0, slices.Clone(list)
}

// numBasis returns the number of functions of each basis.
func numBasis(bases []basis.Basis) []int {
	list := make([]int, len(bases))
	for i, b := range bases {
		list[i] = b.NumBasis()
	}
	return list
}

// cells returns the largest number of cells of depth that one of the bases has.
func cells(bases []basis.Basis) int {
	most := 0
	for _, b := range bases {
		most = max(most, b.Cells())
	}
	return most
}

// listText writes a list for people: "2, 4, 4".
func listText(list []int) string { return words.Joined(list, ", ") }

// stage describes one stage of a net.
type stage struct {
	path    string
	in, out int // channels before and after its beginning
	stride  int
	stitch  transition

	steps         int
	basis         basis.Basis
	length        float64 // of time, which t in [0, 1] stands for
	stitchEpsilon float64 // the factor of the residual in the stitch
}

// transition is the kind of layer that changes resolution and channels at the beginning of a stage.
type transition int

const (
	stitched  transition = iota // a 1×1 convolution plus a residual
	projected                   // the 1×1 convolution alone
	unchanged                   // no layer
)

// stages lists the stages of the net. The first one keeps the resolution. If it also keeps the channels, a net without
// stitches and a WideContinuousNet have no layer at its beginning.
//
// The original cannot build a net without stitches, except for a WideContinuousNet that is not widened. There it pads
// the 1×1 convolution, which shifts the pixels and adds a border of zeros. Here nothing is padded.
//
// The factor of a stitch's residual is the length of a step when the net was made: refining changes nothing of it.
func (n *Net) stages() []stage {
	in, lengths, made := n.Config.Channels, n.Config.lengths(), n.Config.StepsOfStages()
	list := make([]stage, len(lengths))
	for i := range list {
		s := stage{
			path: fmt.Sprintf("stage%d", i+1), in: in, out: n.channels(i), stride: 2,
			steps: n.Steps[i], basis: n.Bases[i],
			length: lengths[i], stitchEpsilon: lengths[i] / float64(made[i]),
		}
		if i == 0 {
			s.stride = 1
		}
		same := s.stride == 1 && s.in == s.out
		switch {
		case n.Config.Model == NeuralODE:
			s.in, s.stitch = s.out, unchanged
		case same && (n.Config.NoStitch || n.Config.Model == WideContinuousNet):
			s.stitch = unchanged
		case n.Config.NoStitch:
			s.stitch = projected
		}
		list[i], in = s, s.out
	}
	return list
}

// Now returns the configuration with scheme, steps and basis as the net has them now.
func (n *Net) Now() Config {
	c := n.Config
	if c.Model != NeuralODE {
		c.Stages = len(n.Steps)
	}
	c.Scheme, c.Basis = n.Scheme.Info().Name, n.Bases[0].Name()
	c.Steps, c.StageSteps = oneOrEach(n.Steps)
	c.NumBasis, c.StageBasis = oneOrEach(numBasis(n.Bases))
	return c.InShort()
}

// OriginalStages reports whether the original has such stages: three, alike but for the channels, which double.
func (n *Net) OriginalStages() bool {
	return len(n.Steps) == stages && n.Config.StageChannels == nil && words.Alike(numBasis(n.Bases))
}

// StageOf returns the index, from 0, of the stage that a variable belongs to; -1 if it belongs to none.
func (n *Net) StageOf(variable string) int {
	return slices.IndexFunc(n.stages(), func(s stage) bool { return strings.HasPrefix(variable, s.path+"/") })
}

// StageChannels returns the number of channels in each stage.
func (n *Net) StageChannels() []int {
	list := make([]int, len(n.Steps))
	for i := range list {
		list[i] = n.channels(i)
	}
	return list
}

// NumBasis returns the number of basis functions in each stage.
func (n *Net) NumBasis() []int { return numBasis(n.Bases) }

// channels returns the number of channels in stage i, from 0.
func (n *Net) channels(i int) int {
	if n.Config.Model == NeuralODE {
		return n.ImageChannels + n.Config.AugmentDim
	}
	return n.Config.ChannelsOfStages()[i] * max(n.Config.WidenFactor, 1)
}

// lastChannels returns the number of channels in the last stage.
func (n *Net) lastChannels() int { return n.channels(len(n.Steps) - 1) }

// checkImages returns an error if images are too small for the stages, each of which halves them after the first.
// The original's three stages take any images.
func (n *Net) checkImages(height, width int) error {
	if n.Config.Model == NeuralODE {
		return nil
	}
	h, w := height, width
	for i := range n.Steps {
		if i >= stages && max(h, w) < 2 {
			return fmt.Errorf("net: %d stages are too many for images of %d×%d pixels: each halves them after the "+
				"first, and stage %d would begin with a single pixel; take at most %d",
				len(n.Steps), height, width, i+1, i)
		}
		if i > 0 {
			h, w = (h+1)/2, (w+1)/2
		}
	}
	return nil
}
