package installed

import (
	"fmt"
	"os"

	"continuousnet/kernel/internal/project"
)

// Staleness returns a message for the user if the checkout holds another version of the kernel than the one installed
// from it. It returns "" if the versions agree or cannot be compared.
func Staleness(l Layout, checkout string) string {
	spec, err := ReadSpec(l)
	if err != nil {
		return ""
	}
	sources, err := project.SourceHash(checkout)
	if err != nil || sources == spec.Metadata.Own.Sources {
		return ""
	}
	return fmt.Sprintf("kernel %s: the checkout at %s holds another version of the kernel than the one installed; "+
		"in the checkout run: %s; then restart the kernel", Name, checkout, l.InstallCommand())
}

// MovedMessage returns the message, for stderr and the cells of a notebook, that the checkout which the kernel was
// installed from is not there any more.
func MovedMessage(checkout string, l Layout) string {
	return fmt.Sprintf("kernel %s: the ContinuousNet checkout is not at %s any more (moved or deleted); "+
		"in its new place run: %s; then restart the kernel", Name, checkout, l.InstallCommand())
}

// Version returns the version of an installed kernel: the beginning of the hash of what it was built from.
func Version(l Layout) string {
	spec, err := ReadSpec(l)
	if err != nil || spec.Metadata.Own.Sources == "" {
		return "unknown"
	}
	return spec.Metadata.Own.Sources[:min(8, len(spec.Metadata.Own.Sources))]
}

// IsExecutable reports whether path is a regular file that may be executed.
func IsExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
