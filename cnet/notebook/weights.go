package notebook

import (
	"fmt"
	"slices"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/basis"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/words"
)

// Weights draws over depth, for each stage, how much the weights of a layer have changed since training last began with
// a new net: from the beginning, or since a refinement or a change of the basis or of the scheme. Each interval of
// depth has the distribution over all weights of the layer: its median, the middle half and the middle 90 %; the lines
// across are the three weights that vary most over depth. The percentage in the title says by how much all of them vary
// over depth. Without training since then the weights themselves are drawn.
//
// Train keeps what this shows with the run after each epoch, or, of long runs, after every second, fourth, ...: a
// slider over the epochs then shows how the weights changed, and how the intervals were halved.
//
// The layer is the path of a variable in Net.Variables without its stage; the default is the first
// one over depth, which is "ode/conv1/kernel" unless the rate is one's own. Weights returns the functions of depth of
// each stage, now and as they were before.
func Weights(run *cnet.Run, layer ...string) []figures.StageWeights {
	return on(run).weights(run, layer...)
}

func (s *surface) weights(run *cnet.Run, layer ...string) []figures.StageWeights {
	name, err := optional.One("notebook: Weights", "layer", layer, firstOverDepth(run.Network()))
	if err != nil {
		s.fail(err)
		return nil
	}
	before, err := recall(run)
	if err != nil {
		before = nil // a damaged memory costs the comparison only
	}
	stages, err := stageWeights(run, name, before)
	if err != nil {
		s.fail(err)
		return nil
	}
	if len(stages) == 0 {
		known := layersOverDepth(run.Network())
		if len(known) == 0 {
			s.fail(fmt.Errorf("notebook: a %s has no weights over depth", run.Config().Model))
			return nil
		}
		s.fail(fmt.Errorf("notebook: no layer %q over depth; there are %s", name, strings.Join(known, ", ")))
		return nil
	}
	when := ""
	if before != nil {
		when = "after " + words.Plural(before.Epoch, "epoch")
		if before.Epoch == 0 {
			when = "before training"
		}
		if before.Epoch == run.Epoch() && run.Batch() == 0 {
			when = "" // nothing has been trained since
		}
	}
	d := figures.Weights(stages, when)
	if when != "" {
		if list := momentsOf(run, name, stages, before); len(list) > 1 {
			d = figures.WeightsOverEpochs(list)
		}
	}
	d.Title = fmt.Sprintf("%s: %s", run.Network(), layerInWords(name))
	var lines []string
	for _, st := range stages {
		lines = append(lines, fmt.Sprintf("%s varies by %s over depth", st.Name, words.Percent(st.Now.Variation())))
	}
	s.draw(d, fmt.Sprintf("%s, %s: %s", run.Network(), name, strings.Join(lines, ", ")))
	return stages
}

// stageWeights returns the weights of a layer in each stage that has it over depth, now and as they are remembered.
func stageWeights(run *cnet.Run, layer string, before *memory) (stages []figures.StageWeights, err error) {
	for _, v := range run.Network().Variables() {
		stage, ok := strings.CutSuffix(v.Path, "/"+layer)
		if !ok || !v.OverDepth {
			continue
		}
		now, err := run.Weights(v.Path)
		if err != nil {
			return nil, err
		}
		var functions basis.Basis
		if n, ok := run.Network().(*cnet.Net); ok {
			functions = n.Bases[n.StageOf(v.Path)]
		}
		stages = append(stages, figures.StageWeights{
			Name: stageName(stage), Now: figures.NewOverDepth(functions, now), Before: before.overDepth(v.Path),
		})
	}
	return stages, nil
}

// stageName returns "stage 1" for "stage1".
func stageName(path string) string {
	if i := strings.IndexAny(path, "0123456789"); i > 0 {
		return path[:i] + " " + path[i:]
	}
	return path
}

// firstOverDepth returns the first layer over depth, empty if there is none.
func firstOverDepth(n cnet.Network) string {
	if known := layersOverDepth(n); len(known) > 0 {
		return known[0]
	}
	return ""
}

// layersOverDepth lists the layers that Weights can draw.
func layersOverDepth(n cnet.Network) []string {
	var names []string
	for _, v := range n.Variables() {
		if _, name, ok := strings.Cut(v.Path, "/"); ok && v.OverDepth && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
