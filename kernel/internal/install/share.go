package install

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/toolchain"
	"continuousnet/kernel/internal/words"
)

// share prepares an installation for users who cannot read this user's caches: it puts the modules that cells import
// beside the kernel, where every session uses them, and has what is compiled from them put there, too, which a user's
// first session begins with (package caches). Both are written by who installs, and only read by the others.
//
// The modules come from this user's cache as far as it has them.
func share(ctx context.Context, out io.Writer, l installed.Layout, checkout string,
	tc toolchain.Toolchain) (toolchain.Toolchain, error) {
	syscall.Umask(0o022) // whatever the installer's is
	for _, dir := range []string{l.Modules(), l.Builds()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return tc, dirError("make", dir, err)
		}
	}
	own, err := exec.CommandContext(ctx, tc.Command, "env", "GOMODCACHE").Output()
	if err != nil {
		return tc, fmt.Errorf("go env GOMODCACHE failed: %s", words.CommandError(err))
	}
	tc.Modules, tc.Cache = l.Modules(), l.Builds()
	tc.Proxy = toolchain.FileProxy(strings.TrimSpace(string(own))) + "," + tc.Proxy
	fmt.Fprintf(out, "putting the modules of cells into %s\n", l.Modules())
	cmd := interruptible(ctx, tc.Command, "mod", "download", "-modcacherw") // who installs must be able to remove them
	cmd.Dir = checkout
	cmd.Env = toolchain.Setenv(tc.CellEnv(os.Environ()), map[string]string{"GOWORK": "off", "GOPROXY": tc.Proxy})
	output, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return tc, interrupted(ctx)
	case err != nil:
		return tc, fmt.Errorf("cannot share the modules that cells import: %s", summary(output, err))
	}
	return tc, nil
}
