package main

import (
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"continuousnet/cnet/engine"
)

// engineFlags are the flags for what to compute with: --engine, and --device with the original's names.
type engineFlags struct{ engine, device string }

// devices lists the values of --device that completion offers.
var devices = []string{"gpu", "cuda", "cpu"}

func (f *engineFlags) add(flags *pflag.FlagSet) {
	var names []string
	for _, s := range engine.List() {
		names = append(names, s.Name)
	}
	flags.StringVar(&f.engine, "engine", "", "what to compute with: `NAME` is auto, "+strings.Join(names, ", ")+
		`; see "cnet engines" (default auto)`)
	flags.StringVar(&f.device, "device", "", "the same in the original's words: "+
		"`NAME` is gpu (a GPU if there is one), cuda or cuda:0 (xla:cuda), or cpu (go)")
}

// name returns the engine that the flags ask for, or "" if they do not ask for one.
func (f *engineFlags) name() (string, error) {
	name := f.engine
	// A plugin given by its path may be for any device.
	path := strings.ContainsAny(name, `/\`)
	contradiction := usagef("--device %s contradicts --engine %s; leave one of them out", f.device, name)
	device := strings.ToLower(f.device)
	switch {
	case device == "":
		return name, nil
	case device == "cpu":
		switch {
		case name == "" || name == "auto" || name == "cpu":
			return "go", nil
		case name == "xla":
			return "xla:cpu", nil
		case strings.Contains(name, "cuda"):
			return "", contradiction
		}
		return name, nil
	case device == "cuda" || device == "cuda:0":
		switch {
		case name == "" || name == "auto" || name == "xla" || name == "cuda":
			return "xla:cuda", nil
		case name != "xla:cuda" && !path:
			return "", contradiction
		}
		return name, nil
	case device == "gpu":
		switch {
		case name == "":
			return "auto", nil
		case name != "auto" && name != "xla" && !strings.Contains(name, "cuda") && !path:
			return "", contradiction
		}
		return name, nil
	}
	if text, ok := strings.CutPrefix(device, "cuda:"); ok {
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			return "", usagef("--device is %q, but only the first GPU is used; "+
				"for this one, set CUDA_VISIBLE_DEVICES=%d and give --device cuda", f.device, n)
		}
	}
	return "", usagef("--device is %q, expected gpu, cuda or cpu", f.device)
}

// checked returns the engine that the flags ask for. It opens the engine once, so that one that does not work is an
// error before anything is made.
func (f *engineFlags) checked(a *app) (string, error) {
	name, err := f.name()
	if err != nil {
		return "", err
	}
	anyGPU := strings.EqualFold(f.device, "gpu") && name == "auto"
	if !anyGPU && (name == "" || name == "auto" || name == "go") {
		return name, nil // the pure Go engine is always there
	}
	e, err := engine.Open(name)
	if err != nil {
		return "", usagef("%v", err)
	}
	defer e.Close()
	if anyGPU && e.Name != "xla:cuda" {
		a.warn("--device gpu: %s; going on with the CPU, engine %s", withoutGPU(e), e.Name)
	}
	return name, nil
}

// withoutGPU returns the reason why an engine that was opened as auto does not run on a GPU.
func withoutGPU(e *engine.Engine) string {
	if len(e.Skipped) > 0 {
		return e.Skipped[0].Error()
	}
	for _, s := range engine.List() {
		if s.Name == "xla:cuda" {
			return s.Name + " needs " + s.Missing + ` ("cnet engines" says how to get it)`
		}
	}
	return "this program has no engine for GPUs"
}
