package notebook

import (
	"fmt"
	"slices"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

// stepsInWords says in words what a name such as "2-2-2 euler" means for the weights: "2 steps per stage, each with
// weights of its own". It is empty for nets that are not continuous in depth.
func stepsInWords(network cnet.Network) string {
	n, ok := network.(*cnet.Net)
	if !ok {
		return ""
	}
	functions := n.NumBasis()
	own := n.Bases[0].Name() == "piecewise_constant"
	switch {
	case n.Config.RTol > 0 || n.Config.ATol > 0:
		return "steps that adapt, weights of " + words.OfStagesPlural(functions, n.Bases[0].Name()+" function")
	case own && words.Alike(n.Steps) && n.Steps[0] == 1:
		return "1 step: one set of weights per stage"
	case own && slices.Equal(functions, n.Steps):
		return words.OfStagesPlural(n.Steps, "step") + " per stage, each with weights of its own"
	case own && words.Alike(functions) && functions[0] == 1:
		return words.OfStagesPlural(n.Steps, "step") + " per stage, all with the same weights"
	}
	return fmt.Sprintf("%s per stage, weights of %s", words.OfStagesPlural(n.Steps, "step"),
		words.OfStagesPlural(functions, n.Bases[0].Name()+" function"))
}

// layerInWords returns a name in words for layers of the built-in rates, such as "first convolution" for
// "ode/conv1/kernel", with the path behind it; any other path as it is.
func layerInWords(path string) string {
	if name := partInWords(path); name != "" {
		return fmt.Sprintf("%s (%s)", name, path)
	}
	return path
}

// stageLayerInWords returns "stage 1, first convolution" for "stage1/ode/conv1".
func stageLayerInWords(path string) string {
	stage, _, _ := strings.Cut(path, "/")
	if name := partInWords(path); name != "" {
		return stageName(stage) + ", " + name
	}
	return path
}

// partInWords names a layer of the built-in rates by its path; it is empty for others.
func partInWords(path string) string {
	for part, name := range map[string]string{
		"/conv1/": "first convolution", "/conv2/": "second convolution",
		"/norm1/": "first batch norm", "/norm2/": "second batch norm",
	} {
		if strings.Contains(path+"/", part) {
			return name
		}
	}
	return ""
}
