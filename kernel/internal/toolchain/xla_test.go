package toolchain

import (
	"strings"
	"testing"
)

func TestChooseXLA(t *testing.T) {
	plugin := []string{"/lib/pjrt_c_api_cpu_plugin.so"}
	for name, c := range map[string]struct {
		goos, goarch, cc string
		env              map[string]string
		plugins          []string
		link             bool
		why, fix         string // each says this
	}{
		"a bare machine": {"linux", "amd64", "gcc", nil, nil, false, "no XLA plugin", ""},
		"a plugin":       {"linux", "arm64", "gcc", nil, plugin, true, "installed", ""},
		"asked for": {
			"linux", "amd64", "gcc", map[string]string{envXLA: "1"}, nil,
			true, "CNET_XLA is 1", "",
		},
		"refused": {
			"linux", "amd64", "gcc", map[string]string{envXLA: "0", "GOMLX_BACKEND": "xla:cpu"}, plugin,
			false, "CNET_XLA is 0", "",
		},
		"GoMLX's own variable": {
			"linux", "amd64", "gcc", map[string]string{"GOMLX_BACKEND": "xla:cuda"}, nil,
			true, "GOMLX_BACKEND is xla:cuda", "",
		},
		"GoMLX's go": {
			"linux", "amd64", "gcc", map[string]string{"GOMLX_BACKEND": "go"}, nil,
			false, "no XLA plugin", "",
		},
		"no C compiler": {"linux", "amd64", "", nil, plugin, false, "no C compiler", ""},
		"asked for, none": {
			"linux", "amd64", "", map[string]string{envXLA: "1"}, plugin,
			false, "no C compiler", "apt install gcc",
		},
		"macOS": {
			"darwin", "arm64", "clang", map[string]string{envXLA: "1"}, plugin,
			false, "Linux", "",
		},
		"neither 0 nor 1": {
			"linux", "amd64", "gcc", map[string]string{envXLA: "perhaps"}, nil,
			false, "no XLA plugin", `CNET_XLA is "perhaps": set it to 1 or 0`,
		},
		"neither, and a plugin": {
			"linux", "amd64", "gcc", map[string]string{envXLA: "perhaps"}, plugin,
			true, "installed", "set it to 1 or 0",
		},
	} {
		got := chooseXLA(c.goos, c.goarch, c.cc, func(name string) string { return c.env[name] }, c.plugins)
		if got.Link != c.link || !strings.Contains(got.Why, c.why) ||
			!strings.Contains(got.Fix, c.fix) || c.fix == "" && got.Fix != "" {
			t.Errorf("%s: %+v", name, got)
		}
		if hasTag := strings.Contains(cellFlags(got.Link), "noxla"); hasTag == c.link {
			t.Errorf("%s: flags %q", name, cellFlags(got.Link))
		}
	}
}
