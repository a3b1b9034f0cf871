package doctor

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"continuousnet/kernel/internal/finish"
	"continuousnet/kernel/internal/install"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/project"
)

func (t target) checkSpec() finding {
	f := finding{subject: "kernelspec", detail: t.layout.SpecFile()}
	spec, err := installed.ReadSpec(t.layout)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.state, f.detail = missing, "the kernel is not installed: no "+t.layout.SpecFile()
	case err != nil:
		f.state, f.detail = missing, err.Error()
	case spec.Argv[0] != t.layout.Bin("kernel"):
		f.state = missing
		f.detail = fmt.Sprintf("%s starts %s, not the program beside it (moved?)", t.layout.SpecFile(), spec.Argv[0])
	}
	if f.state == missing {
		f.fix = "run: " + t.layout.InstallCommand()
	}
	return f
}

// checkTools compares what the binaries say about themselves with what the checkout pins.
func (t target) checkTools() []finding {
	var all []finding
	program := finding{subject: "kernel", detail: t.layout.Bin("kernel")}
	if !installed.IsExecutable(program.detail) {
		program.state, program.detail, program.fix = missing, "no "+program.detail, "run: "+t.layout.InstallCommand()
	}
	all = append(all, program)
	for _, tool := range project.Tools {
		f := finding{subject: tool.Name}
		info, err := buildinfo.ReadFile(t.layout.Bin(tool.Name))
		want, wantErr := project.PinnedVersion(t.checkout, tool.Module)
		switch {
		case err != nil:
			f.state, f.detail = missing, "no "+t.layout.Bin(tool.Name)
		case wantErr != nil: // no checkout to compare with, which has a line of its own
			f.detail = info.Main.Version
		case info.Main.Version != want:
			f.state, f.detail = missing, fmt.Sprintf("is %s, the project needs %s", info.Main.Version, want)
		default:
			f.detail = info.Main.Version
		}
		if f.state == missing {
			f.fix = "run: " + t.layout.InstallCommand()
			if tool.Later {
				f = unfinished(f, t.layout)
			}
		}
		all = append(all, f)
	}
	return all
}

// unfinished adds to what is missing how far the process is that builds it behind a session.
func unfinished(f finding, l installed.Layout) finding {
	log := finish.LogFile(l)
	switch s := finish.Look(l); {
	case s.Running:
		f.state, f.fix = absent, ""
		f.detail = fmt.Sprintf("is being built since %s; log: %s", s.Since.Format("15:04:05"), log)
	case s.Failed != "":
		f.detail = fmt.Sprintf("could not be built: %s (log: %s)", s.Failed, log)
	}
	return f
}

func (t target) checkCheckout() finding {
	f := finding{subject: "checkout", detail: t.checkout}
	if spec, err := installed.ReadSpec(t.layout); err == nil {
		f.detail = spec.Arg("--checkout")
	}
	switch {
	case f.detail == "":
		f.state, f.detail, f.fix = missing, "unknown", "run this in the project's directory"
	case project.Check(f.detail) != nil:
		f.state, f.detail = missing, f.detail+" is not there any more (moved or deleted)"
		f.fix = "in its new place run: " + t.layout.InstallCommand()
	case strings.Contains(f.detail, ","):
		f.state, f.fix = missing, "move the checkout"
		f.detail += " contains a comma, which GoNB takes for a separator"
	}
	return f
}

// checkSources checks whether the checkout was updated after the installation. The kernel works all the same.
func (t target) checkSources() finding {
	f := finding{subject: "version", detail: "the installed kernel is the checkout's"}
	spec, err := installed.ReadSpec(t.layout)
	if err != nil || project.Check(spec.Arg("--checkout")) != nil {
		f.state, f.detail = absent, "not checked"
		return f
	}
	if stale := installed.Staleness(t.layout, spec.Arg("--checkout")); stale != "" {
		f.state, f.detail, f.fix = absent, "the checkout holds another version of the kernel than the one installed",
			"run: "+t.layout.InstallCommand()+", then restart running kernels"
	}
	return f
}

func (t target) checkWarm(ctx context.Context) finding {
	f := finding{subject: "build cache", detail: "warm"}
	if t.goErr != nil || project.Check(t.checkout) != nil {
		f.state, f.detail = absent, "not checked"
		return f
	}
	warm, err := install.IsWarm(ctx, t.checkout, t.toolchain)
	if err != nil {
		f.state, f.detail, f.fix = missing, err.Error(), "run: go run ./kernel warm"
	} else if since := finish.Look(t.layout); !warm && since.Running {
		f.state, f.detail = absent, "is being filled since "+since.Since.Format("15:04:05")
	} else if !warm {
		f.state, f.detail, f.fix = absent, "cold: a first cell takes up to a minute", "run: go run ./kernel warm"
	}
	return f
}
