package main

import (
	"fmt"
	"strconv"
	"strings"
)

// envXLA decides whether cells link XLA: 1 for yes, 0 for no, and else as chooseXLA does.
const envXLA = "CNET_XLA"

// xlaChoice is whether cells are linked with XLA, which costs each of them about 0.4 s.
type xlaChoice struct {
	link bool
	why  string // completes "because"
	fix  string // what to do if the environment asked for something that is not to be had; else empty
}

// chooseXLA says yes if a plugin is installed or the environment asks for XLA. Without cgo, and where there are no
// plugins, a cell cannot hold it.
func chooseXLA(goos, goarch, cc string, getenv func(string) string, plugins []string) xlaChoice {
	value := getenv(envXLA)
	wanted, err := strconv.ParseBool(value)
	said := value != "" && err == nil
	backend := getenv("GOMLX_BACKEND")
	asked := said && wanted || strings.HasPrefix(backend, "xla")

	choice := xlaChoice{}
	if value != "" && err != nil {
		choice.fix = fmt.Sprintf("%s is %q: set it to 1 or 0", envXLA, value)
	}
	switch {
	case goos != "linux" || goarch != "amd64" && goarch != "arm64":
		choice.why = "XLA's plugins are for Linux on amd64 and arm64"
	case said && !wanted:
		choice.why = envXLA + " is " + value
	case cc == "":
		choice.why = "there is no C compiler (or CGO_ENABLED=0)"
		if asked {
			choice.fix = "XLA is asked for and needs one: apt install gcc"
		}
	case said:
		choice.link, choice.why = true, envXLA+" is "+value
	case strings.HasPrefix(backend, "xla"):
		choice.link, choice.why = true, "GOMLX_BACKEND is "+backend
	case len(plugins) > 0:
		choice.link, choice.why = true, "a plugin is installed"
	default:
		choice.why = "no XLA plugin is installed"
	}
	return choice
}

// checkXLA says which engines cells have. Which of them runs is the library's decision.
func checkXLA(choice xlaChoice, plugins []string) []finding {
	plugin := finding{subject: "XLA plugin", detail: strings.Join(plugins, ", ")}
	if len(plugins) == 0 {
		plugin.state, plugin.detail = absent, "none: the go engine is used"
		plugin.fix = "go run ./cnet/cmd/cnet engines says how to get one"
	}
	linked := finding{subject: "XLA in cells", detail: "linked into cells, which takes about 0.4 s of each: " + choice.why, fix: choice.fix}
	if !choice.link {
		linked.state, linked.detail = absent, "not linked into cells: "+choice.why
	}
	return []finding{plugin, linked}
}
