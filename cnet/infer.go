package cnet

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/statedict"
)

// infer finds the network whose state_dict the tensors are, by their names and shapes. Several models can look alike up
// to a batch norm at the end, so all that could be meant are tried.
func (w *WeightsFile) infer() error {
	var candidates []Config
	shapes := map[string][]int{}
	for _, t := range w.tensors {
		shapes[t.Name] = t.Shape
	}
	has := func(test func(string) bool) bool {
		return slices.ContainsFunc(w.tensors, func(t statedict.Tensor) bool { return test(t.Name) })
	}
	switch {
	case has(func(name string) bool { return strings.HasPrefix(name, "net.") }):
		candidates = w.inferContinuous(shapes, has)
	default:
		candidates = w.inferBaseline(shapes, has)
	}
	var closest error
	most := 0
	for _, c := range candidates {
		n, err := NewNetwork(c, w.ImageChannels, w.Classes)
		if err != nil {
			continue
		}
		err = n.LoadStateDict(model.NewStore(), w.tensors)
		if err == nil {
			w.Config, w.NumBasis, w.StageBasis = c, c.NumBasis, c.StageBasis
			return nil
		}
		if fits := alike(n, shapes); fits > most {
			most, closest = fits, fmt.Errorf("it is most like the state_dict of a %s of %d channels, but: %w",
				c.Model, c.Channels, err)
		}
	}
	if closest == nil {
		closest = errors.New("it is no state_dict of a network that is known here: " + strings.Join(Models, ", "))
	}
	return closest
}

// alike counts the tensors of the network that are in the file with the same shape.
func alike(n Network, shapes map[string][]int) int {
	store := model.NewStore()
	if err := n.Init(store, 0, Float); err != nil {
		return 0
	}
	list, err := n.StateDict(store)
	if err != nil {
		return 0
	}
	count := 0
	for _, t := range list {
		if shape, ok := shapes[t.Name]; ok && slices.Equal(shape, t.Shape) {
			count++
		}
	}
	return count
}

// contains returns a function that reports whether a name contains part.
func contains(part string) func(string) bool {
	return func(name string) bool { return strings.Contains(name, part) }
}

// inferContinuous lists the nets that could be meant if the network is a torch.nn.Sequential called net.
func (w *WeightsFile) inferContinuous(shapes map[string][]int, has func(func(string) bool) bool) []Config {
	stem := shapes["net.0.weight"]
	var blocks [][]int // [intervals, channels, channels, 3, 3] of each stage
	index := func(t statedict.Tensor) int {
		module, _, _ := strings.Cut(strings.TrimPrefix(t.Name, "net."), ".")
		n, _ := strconv.Atoi(module)
		return n
	}
	inOrder := slices.SortedStableFunc(slices.Values(w.tensors), func(a, b statedict.Tensor) int {
		return index(a) - index(b) // files may have net.10 before net.4
	})
	for _, t := range inOrder {
		switch {
		case strings.HasSuffix(t.Name, ".net.L1.weight") && len(t.Shape) == 5:
			blocks = append(blocks, t.Shape)
		case strings.HasSuffix(t.Name, ".weight") && len(t.Shape) == 2:
			w.Classes = t.Shape[0]
		}
	}
	if len(stem) != 4 || stem[0] < 1 || len(blocks) == 0 || w.Classes < 1 {
		return nil
	}
	w.ImageChannels = stem[1]
	var list []Config
	for _, m := range Models {
		if !Continuous(m) {
			continue
		}
		c := Config{
			Model: m, Channels: stem[0], Basis: piecewiseConstant,
			SkipInit: has(contains(".net.skip_init.")), NoBatchNorm: !has(contains(".bns.")),
		}
		if m == WideContinuousNet {
			c.WidenFactor = max(blocks[0][1]/stem[0], 1)
		}
		for _, block := range blocks {
			c.StageBasis = append(c.StageBasis, block[0])
			c.StageChannels = append(c.StageChannels, block[1]/max(c.WidenFactor, 1))
		}
		// A net without stitches still has convolutions of 1×1, under other names.
		c.NoStitch = !has(contains(".downsample."))
		list = append(list, c.InShort())
	}
	// A wide net has the tensors of another one with more channels in its stages: what the original has comes first.
	slices.SortStableFunc(list, func(a, b Config) int { return len(a.StageChannels) - len(b.StageChannels) })
	return list
}

// inferBaseline lists the baselines that could be meant; their stages are called layer1 to layer3.
func (w *WeightsFile) inferBaseline(shapes map[string][]int, has func(func(string) bool) bool) []Config {
	stem, first := shapes["conv1.weight"], shapes["layer1.0.conv1.weight"]
	for _, t := range w.tensors {
		if strings.HasSuffix(t.Name, ".weight") && len(t.Shape) == 2 {
			w.Classes = t.Shape[0]
		}
	}
	blocks := 0
	for has(contains(fmt.Sprintf("layer1.%d.", blocks))) {
		blocks++
	}
	if len(stem) != 4 || stem[0] < 1 || len(first) != 4 || w.Classes < 1 {
		return nil
	}
	w.ImageChannels = stem[1]
	norm := has(contains("bn"))
	width := Config{Width: first[0]}
	if first[0]%stem[0] == 0 {
		width = Config{WidenFactor: first[0] / stem[0]}
	}
	return []Config{
		{Model: ResNetV2, Channels: stem[0], Depth: 6*blocks + 2, NoBatchNorm: !norm},
		{Model: WideResNet, Channels: stem[0], Depth: 6*blocks + 4, Width: width.Width, WidenFactor: width.WidenFactor},
	}
}
