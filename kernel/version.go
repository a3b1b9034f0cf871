package main

import (
	"debug/buildinfo"
	"fmt"
	"io"
)

// runVersion prints what an installation consists of, or, where there is none, what the checkout would install.
func runVersion(out io.Writer, where location, checkout string) error {
	p, err := admit(where, checkout)
	if err != nil {
		return err
	}
	line := func(name, version, note string) {
		if version == "" {
			version = "unknown"
		}
		fmt.Fprintf(out, "%-10s %s (%s)\n", name, version, note)
	}
	if spec, err := readSpec(p.layout); err == nil {
		line("kernel", spec.Metadata.Own.Sources, p.layout.dir)
	} else {
		sources, _ := sourceHash(p.checkout) // unknown outside of a checkout
		line("kernel", sources, "not installed")
	}
	for _, tool := range tools {
		if info, err := buildinfo.ReadFile(p.layout.bin(tool.name)); err == nil {
			line(tool.name, info.Main.Version, p.layout.bin(tool.name))
			continue
		}
		pinned, _ := pinnedVersion(p.checkout, tool.module)
		line(tool.name, pinned, "not installed")
	}
	if p.goErr != nil {
		line("go", "", p.goErr.Error())
		return nil
	}
	line("go", p.toolchain.version, p.toolchain.command)
	return nil
}

// installedVersion is the version of an installed kernel: the beginning of the hash of what it was built from.
func installedVersion(l layout) string {
	spec, err := readSpec(l)
	if err != nil || spec.Metadata.Own.Sources == "" {
		return "unknown"
	}
	return spec.Metadata.Own.Sources[:min(8, len(spec.Metadata.Own.Sources))]
}
