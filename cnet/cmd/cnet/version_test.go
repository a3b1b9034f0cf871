package main

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	stdout, _ := mustRun(t, "version")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "cnet ") || !strings.Contains(lines[1]+",", " go,") {
		t.Errorf("%q", stdout)
	}
	short, _ := mustRun(t, "--version")
	if short != lines[0]+"\n" {
		t.Errorf("--version says %q, version says %q", short, lines[0])
	}
	if stdout, _ := mustRun(t, "version", "--licences"); !strings.Contains(stdout, "GPL-3.0") ||
		!strings.Contains(stdout, "Permission is hereby granted") {
		t.Errorf("--licences says %q", stdout)
	}
}

func TestVersionLine(t *testing.T) {
	const commit, pseudo = "3e792d4abc12fedcba98", "v0.0.0-20260102030405-3e792d4abc12+dirty"
	info := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: version}, Settings: settings}
	}
	revision := debug.BuildSetting{Key: "vcs.revision", Value: commit}
	modified := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for _, c := range []struct {
		info *debug.BuildInfo
		want string
	}{
		{info("v1.2.0"), "v1.2.0"},
		{info(pseudo, revision, modified), pseudo},
		{info("(devel)", revision), "3e792d4abc12"},
		{info("", revision, modified), "3e792d4abc12, modified"},
		{info("(devel)"), "(devel)"},
		{nil, "(devel)"},
	} {
		want := c.want + ", " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
		if got := versionLine(c.info, c.info != nil); got != want {
			t.Errorf("%+v: %q, want %q", c.info, got, want)
		}
	}
}
