package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// finding is the result of one check.
type finding struct {
	subject string
	state   state
	detail  string
	fix     string // what to run or install; empty where nothing is to be done
}

type state int

const (
	good state = iota
	absent
	missing
)

// The words of a report: absent is something optional, missing is something needed.
func (s state) String() string { return [...]string{"ok", "--", "MISSING"}[s] }

// patient is what the checks look at.
type patient struct {
	layout    layout
	checkout  string // where the project is, empty if unknown
	toolchain toolchain
	goErr     error
}

// runDoctor prints one line a check and fails if something needed is missing.
func runDoctor(ctx context.Context, out io.Writer, where location, checkout string) error {
	p, err := admit(where, checkout)
	if err != nil {
		return err
	}
	findings := []finding{p.checkGo(), p.checkSIMD(), p.checkCC()}
	findings = append(findings, p.checkPython(ctx)...)
	findings = append(findings, p.checkSpec())
	findings = append(findings, p.checkTools()...)
	findings = append(findings, p.checkCheckout(), p.checkSources(), p.checkWarm(ctx))
	findings = append(findings, checkXLA(p.toolchain.xla, findPlugins(os.Getenv, ".", p.checkout))...)
	findings = append(findings, checkDirs(os.Getenv)...)
	findings = append(findings, checkGrace(os.Getenv(envGrace)))
	if n := report(out, findings); n > 0 {
		return fmt.Errorf("doctor: %d needed %s missing; the lines marked %s say what to do", n, plural(n, "thing is", "things are"), missing)
	}
	return nil
}

// report writes the findings and counts what is missing.
func report(out io.Writer, findings []finding) (bad int) {
	for _, f := range findings {
		fmt.Fprintf(out, "%-8s %-13s %s", f.state, f.subject, f.detail)
		if f.fix != "" {
			fmt.Fprintf(out, "; %s", f.fix)
		}
		fmt.Fprintln(out)
		if f.state == missing {
			bad++
		}
	}
	return bad
}

// admit decides which installation to look at: the one that the flags name, or the one this program belongs to, or
// the one in the checkout's .venv, or the user's, or the machine's. Where there is none, it is the user's.
func admit(where location, checkout string) (patient, error) {
	var p patient
	start := checkout
	if start == "" {
		start = "."
	}
	if found, err := findCheckout(start); err == nil {
		p.checkout = found
	} else if checkout != "" {
		return p, err
	}
	var candidates []layout
	if where != (location{}) {
		l, err := where.resolve()
		if err != nil {
			return p, err
		}
		p.layout = l
	} else {
		if self, err := os.Executable(); err == nil {
			if l, ok := layoutOf(self); ok {
				candidates = append(candidates, l)
			}
		}
		if p.checkout != "" {
			if l, err := (location{prefix: filepath.Join(p.checkout, ".venv")}).resolve(); err == nil {
				candidates = append(candidates, l)
			}
		}
		for _, w := range []location{{user: true}, {system: true}} {
			if l, err := w.resolve(); err == nil {
				candidates = append(candidates, l)
				if p.layout == (layout{}) {
					p.layout = l
				}
			}
		}
	}
	for _, l := range candidates {
		if _, err := os.Stat(l.spec()); err == nil {
			p.layout = l
			break
		}
	}
	recorded := ""
	if spec, err := readSpec(p.layout); err == nil {
		recorded = spec.arg("--go")
		if p.checkout == "" {
			p.checkout = spec.arg("--checkout")
		}
	}
	p.toolchain, p.goErr = findToolchain(p.checkout, recorded)
	return p, nil
}

func (p patient) checkGo() finding {
	f := finding{subject: "Go", detail: fmt.Sprintf("%s (%s)", p.toolchain.version, p.toolchain.command)}
	if p.goErr != nil {
		f.state, f.detail = missing, p.goErr.Error()
		return f
	}
	if want, err := goDirective(p.checkout); err == nil && tooOld(p.toolchain.version, want) {
		f.state = missing
		f.detail += fmt.Sprintf(" is older than %s", want)
		f.fix = "install a newer one from https://go.dev/dl"
	}
	return f
}

func (p patient) checkSIMD() finding {
	if p.toolchain.simd() {
		return finding{subject: "SIMD", detail: "on: cells are built with GOEXPERIMENT=simd"}
	}
	return finding{subject: "SIMD", state: absent, detail: "off: this platform or this Go does not have it; the go engine is slower"}
}

func (p patient) checkCC() finding {
	if p.toolchain.cc != "" {
		return finding{subject: "C compiler", detail: p.toolchain.cc}
	}
	return finding{subject: "C compiler", state: absent, detail: "none (or CGO_ENABLED=0): the go engine works, others need one",
		fix: "for those: apt install gcc"}
}

func (p patient) checkSpec() finding {
	f := finding{subject: "kernelspec", detail: p.layout.spec()}
	spec, err := readSpec(p.layout)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.state, f.detail = missing, "the kernel is not installed: no "+p.layout.spec()
	case err != nil:
		f.state, f.detail = missing, err.Error()
	case spec.Argv[0] != p.layout.bin("kernel"):
		f.state = missing
		f.detail = fmt.Sprintf("%s starts %s, not the program beside it (moved?)", p.layout.spec(), spec.Argv[0])
	}
	if f.state == missing {
		f.fix = "run: " + p.layout.installCommand()
	}
	return f
}

// checkTools compares what the binaries say about themselves with what the checkout pins.
func (p patient) checkTools() []finding {
	var all []finding
	program := finding{subject: "kernel", detail: p.layout.bin("kernel")}
	if !isExecutable(program.detail) {
		program.state, program.detail, program.fix = missing, "no "+program.detail, "run: "+p.layout.installCommand()
	}
	all = append(all, program)
	for _, tool := range tools {
		f := finding{subject: tool.name}
		info, err := buildinfo.ReadFile(p.layout.bin(tool.name))
		want, wantErr := pinnedVersion(p.checkout, tool.module)
		switch {
		case err != nil:
			f.state, f.detail = missing, "no "+p.layout.bin(tool.name)
		case wantErr != nil: // no checkout to compare with, which has a line of its own
			f.detail = info.Main.Version
		case info.Main.Version != want:
			f.state, f.detail = missing, fmt.Sprintf("is %s, the project needs %s", info.Main.Version, want)
		default:
			f.detail = info.Main.Version
		}
		if f.state == missing {
			f.fix = "run: " + p.layout.installCommand()
		}
		all = append(all, f)
	}
	return all
}

func (p patient) checkCheckout() finding {
	f := finding{subject: "checkout", detail: p.checkout}
	if spec, err := readSpec(p.layout); err == nil {
		f.detail = spec.arg("--checkout")
	}
	switch {
	case f.detail == "":
		f.state, f.detail, f.fix = missing, "unknown", "run this in the project's directory"
	case checkCheckout(f.detail) != nil:
		f.state, f.detail = missing, f.detail+" is not there any more (moved or deleted)"
		f.fix = "in its new place run: " + p.layout.installCommand()
	case strings.Contains(f.detail, ","):
		f.state, f.detail, f.fix = missing, f.detail+" contains a comma, which GoNB takes for a separator", "move the checkout"
	}
	return f
}

// checkSources asks whether the checkout was updated after the installation. The kernel works all the same.
func (p patient) checkSources() finding {
	f := finding{subject: "version", detail: "the installed kernel is the checkout's"}
	spec, err := readSpec(p.layout)
	if err != nil || checkCheckout(spec.arg("--checkout")) != nil {
		f.state, f.detail = absent, "not checked"
		return f
	}
	if stale := staleness(p.layout, spec.arg("--checkout")); stale != "" {
		f.state, f.detail, f.fix = absent, "the checkout holds another version of the kernel than the one installed",
			"run: "+p.layout.installCommand()+", then restart running kernels"
	}
	return f
}

func (p patient) checkWarm(ctx context.Context) finding {
	f := finding{subject: "build cache", detail: "warm"}
	if p.goErr != nil || checkCheckout(p.checkout) != nil {
		f.state, f.detail = absent, "not checked"
		return f
	}
	warm, err := isWarm(ctx, p.checkout, p.toolchain)
	if err != nil {
		f.state, f.detail, f.fix = missing, err.Error(), "run: go run ./kernel warm"
	} else if !warm {
		f.state, f.detail, f.fix = absent, "cold: a first cell takes up to a minute", "run: go run ./kernel warm"
	}
	return f
}

// checkGrace asks for the one setting with which a session would not start.
func checkGrace(value string) finding {
	f := finding{subject: "interrupt"}
	grace, err := interruptGrace(value)
	if err != nil {
		f.state, f.detail, f.fix = missing, err.Error(), "correct it or unset it"
		return f
	}
	f.detail = fmt.Sprintf("a cell has %v to end by itself; %s sets that", grace, envGrace)
	return f
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
