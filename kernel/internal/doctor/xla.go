package doctor

import (
	"strings"

	"continuousnet/kernel/internal/toolchain"
)

// checkXLA reports which engines cells have. Which of them runs is the library's decision.
func checkXLA(choice toolchain.XLA, plugins []string) []finding {
	plugin := finding{subject: "XLA plugin", detail: strings.Join(plugins, ", ")}
	if len(plugins) == 0 {
		plugin.state, plugin.detail = absent, "none: the go engine is used"
		plugin.fix = "go run ./cnet/cmd/cnet engines says how to get one"
	}
	linked := finding{
		subject: "XLA in cells", detail: "linked into cells, which takes about 0.4 s of each: " + choice.Why,
		fix: choice.Fix,
	}
	if !choice.Link {
		linked.state, linked.detail = absent, "not linked into cells: "+choice.Why
	}
	return []finding{plugin, linked}
}
