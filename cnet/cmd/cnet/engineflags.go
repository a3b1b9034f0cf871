package main

import (
	"strings"

	"github.com/spf13/pflag"

	"continuousnet/cnet/engine"
)

// engineFlags say what to compute with: --engine, and --device with the original's names.
type engineFlags struct{ engine, device string }

func (f *engineFlags) add(flags *pflag.FlagSet) {
	var names []string
	for _, s := range engine.List() {
		names = append(names, s.Name)
	}
	flags.StringVar(&f.engine, "engine", "", "what to compute with: `NAME` is auto, "+strings.Join(names, ", ")+`; see "cnet engines" (default auto)`)
	flags.StringVar(&f.device, "device", "", "the same in the original's words: `NAME` is cuda (xla:cuda) or cpu (go)")
}

// name is the engine that the flags ask for, or "" if they do not.
func (f *engineFlags) name() (string, error) {
	name := f.engine
	switch f.device {
	case "":
	case "cpu":
		switch {
		case name == "" || name == "auto":
			name = "go"
		case strings.Contains(name, "cuda"):
			return "", usagef("--device cpu contradicts --engine %s; leave one of them out", name)
		}
	case "cuda":
		switch {
		case name == "" || name == "auto":
			name = "xla:cuda"
		// A plugin given by its path may be for any device.
		case name != "xla:cuda" && !strings.ContainsAny(name, `/\`):
			return "", usagef("--device cuda contradicts --engine %s; leave one of them out", name)
		}
	default:
		return "", usagef("--device is %q, expected cuda or cpu", f.device)
	}
	return name, nil
}

// check opens and closes an engine, so that one that is not there is found before anything is made. The pure Go engine
// is always there.
func check(name string) error {
	if name == "" || name == "auto" || name == "go" {
		return nil
	}
	e, err := engine.Open(name)
	if err != nil {
		return usagef("%v", err)
	}
	e.Close()
	return nil
}
