package doctor

import (
	"debug/buildinfo"
	"fmt"
	"io"

	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/project"
)

// Version prints what an installation consists of, or, where there is none, what the checkout would install.
func Version(out io.Writer, where installed.Location, checkout string) error {
	t, err := findTarget(where, checkout)
	if err != nil {
		return err
	}
	line := func(name, version, note string) {
		if version == "" {
			version = "unknown"
		}
		fmt.Fprintf(out, "%-10s %s (%s)\n", name, version, note)
	}
	if spec, err := installed.ReadSpec(t.layout); err == nil {
		line("kernel", spec.Metadata.Own.Sources, t.layout.Dir)
	} else {
		sources, _ := project.SourceHash(t.checkout) // unknown outside of a checkout
		line("kernel", sources, "not installed")
	}
	for _, tool := range project.Tools {
		if info, err := buildinfo.ReadFile(t.layout.Bin(tool.Name)); err == nil {
			line(tool.Name, info.Main.Version, t.layout.Bin(tool.Name))
			continue
		}
		pinned, _ := project.PinnedVersion(t.checkout, tool.Module)
		line(tool.Name, pinned, "not installed")
	}
	if t.goErr != nil {
		line("go", "", t.goErr.Error())
		return nil
	}
	line("go", t.toolchain.Version, t.toolchain.Command)
	return nil
}
