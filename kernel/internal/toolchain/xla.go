package toolchain

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"continuousnet/internal/xlaplugin"
	"continuousnet/kernel/internal/installed"
)

// envXLA decides whether cells link XLA: 1 for yes, 0 for no, and else as chooseXLA does.
const envXLA = "CNET_XLA"

// Plugins lists the XLA plugins that a cell would find: the library looks from the current directory, and the checkout
// has a .venv.
func Plugins(checkout string) []string {
	return xlaplugin.Search{Getenv: os.Getenv, Dirs: []string{".", checkout}, System: installed.SystemPrefix}.All()
}

// XLA is whether cells are linked with XLA, which costs each of them about 0.4 s.
type XLA struct {
	Link bool
	Why  string // completes "because"
	Fix  string // what to do if the environment asked for something that is not to be had; else empty
}

// chooseXLA links XLA if a plugin is installed or the environment asks for XLA. Without cgo, and where there are no
// plugins, a cell cannot hold it.
func chooseXLA(goos, goarch, cc string, getenv func(string) string, plugins []string) XLA {
	value := getenv(envXLA)
	wanted, err := strconv.ParseBool(value)
	said := value != "" && err == nil
	backend := getenv("GOMLX_BACKEND")
	asked := said && wanted || strings.HasPrefix(backend, "xla")

	choice := XLA{}
	if value != "" && err != nil {
		choice.Fix = fmt.Sprintf("%s is %q: set it to 1 or 0", envXLA, value)
	}
	switch {
	case goos != "linux" || goarch != "amd64" && goarch != "arm64":
		choice.Why = "XLA's plugins are for Linux on amd64 and arm64"
	case said && !wanted:
		choice.Why = envXLA + " is " + value
	case cc == "":
		choice.Why = "there is no C compiler (or CGO_ENABLED=0)"
		if asked {
			choice.Fix = "XLA is asked for and needs one: apt install gcc"
		}
	case said:
		choice.Link, choice.Why = true, envXLA+" is "+value
	case strings.HasPrefix(backend, "xla"):
		choice.Link, choice.Why = true, "GOMLX_BACKEND is "+backend
	case len(plugins) > 0:
		choice.Link, choice.Why = true, "a plugin is installed"
	default:
		choice.Why = "no XLA plugin is installed"
	}
	return choice
}
