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
	findings = append(findings, p.checkCheckout(), p.checkWarm(ctx), checkPlugin(pluginDirs(p.layout.prefix)))
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
// the one in the checkout's .venv, or the user's.
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
		candidates = []layout{l}
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
		if l, err := (location{user: true}).resolve(); err == nil {
			candidates = append(candidates, l)
		}
	}
	if len(candidates) == 0 {
		return p, errors.New("do not know where to look for the kernel; pass --prefix DIR")
	}
	p.layout = candidates[len(candidates)-1]
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
	for _, name := range []string{"kernel", goFrontName} {
		f := finding{subject: name, detail: p.layout.bin(name)}
		if !isExecutable(p.layout.bin(name)) {
			f.state, f.detail, f.fix = missing, "no "+p.layout.bin(name), "run: "+p.layout.installCommand()
		}
		all = append(all, f)
	}
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

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
