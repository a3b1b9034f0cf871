package doctor

import (
	"testing"

	"continuousnet/kernel/internal/toolchain"
)

// What is wrong with a setting is told beside the engines that cells have all the same.
func TestCheckXLA(t *testing.T) {
	plugins := []string{"/lib/pjrt_c_api_cpu_plugin.so"}
	findings := checkXLA(toolchain.XLA{Link: true, Why: "a plugin is installed"}, plugins)
	says(t, "a plugin", findings[0], good, plugins[0])
	says(t, "linked", findings[1], good, "linked into cells", "a plugin is installed")
	findings = checkXLA(toolchain.XLA{Why: "no XLA plugin is installed", Fix: "set it to 1 or 0"}, nil)
	says(t, "no plugin", findings[0], absent, "cnet engines")
	says(t, "not linked", findings[1], absent, "not linked into cells: no XLA plugin is installed", "set it to 1 or 0")
}
