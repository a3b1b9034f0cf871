package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"continuousnet/assets"
	"continuousnet/cnet/engine"
)

func (a *app) version() *cobra.Command {
	var licences bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, Go's, and the engines that are compiled in",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if licences {
				fmt.Fprintln(a.out, "cnet: GPL-3.0, see LICENSE in its repository\n\nThe images in this program:")
				fmt.Fprintf(a.out, "\n%s", assets.FashionLicense)
				return nil
			}
			fmt.Fprintln(a.out, "cnet", versionLine(debug.ReadBuildInfo()))
			fmt.Fprintln(a.out, "engines:", strings.Join(engine.Compiled(), ", "))
			return nil
		},
	}
	cmd.Flags().BoolVar(&licences, "licences", false, "print the licences of the program and of the data in it")
	return cmd
}

// versionLine returns the version of the module, or else the commit that it was built from, with Go's version and the
// platform. A build with -buildvcs=false knows neither.
func versionLine(info *debug.BuildInfo, ok bool) string {
	version := "(devel)"
	if ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	} else if ok {
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if commit := settings["vcs.revision"]; commit != "" {
			version = commit[:min(12, len(commit))]
		}
		if settings["vcs.modified"] == "true" {
			version += ", modified"
		}
	}
	return fmt.Sprintf("%s, %s %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
