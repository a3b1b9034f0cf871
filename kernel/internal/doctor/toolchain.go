package doctor

import (
	"fmt"

	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/toolchain"
)

func (t target) checkGo() finding {
	f := finding{subject: "Go", detail: fmt.Sprintf("%s (%s)", t.toolchain.Version, t.toolchain.Command)}
	if t.goErr != nil {
		f.state, f.detail = missing, t.goErr.Error()
		return f
	}
	if want, err := project.GoVersion(t.checkout); err == nil && toolchain.TooOld(t.toolchain.Version, want) {
		f.state = missing
		f.detail += fmt.Sprintf(" is older than %s", want)
		f.fix = "install a newer one from https://go.dev/dl"
	}
	return f
}

func (t target) checkSIMD() finding {
	if t.toolchain.SIMD() {
		return finding{subject: "SIMD", detail: "on: cells are built with GOEXPERIMENT=simd"}
	}
	return finding{subject: "SIMD", state: absent,
		detail: "off: this platform or this Go does not have it; the go engine is slower"}
}

func (t target) checkCC() finding {
	if t.toolchain.CC != "" {
		return finding{subject: "C compiler", detail: t.toolchain.CC}
	}
	return finding{subject: "C compiler", state: absent,
		detail: "none (or CGO_ENABLED=0): the go engine works, others need one",
		fix:    "for those: apt install gcc"}
}
