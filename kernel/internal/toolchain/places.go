package toolchain

import (
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"continuousnet/kernel/internal/words"
)

// Writable reports whether files can be made in a directory, which it makes if it is missing. The path must be
// absolute, which GOCACHE=off is not.
func Writable(dir string) bool {
	if !filepath.IsAbs(dir) || os.MkdirAll(dir, 0o777) != nil {
		return false
	}
	file, err := os.CreateTemp(dir, ".writable-")
	if err != nil {
		return false
	}
	file.Close()
	return os.Remove(file.Name()) == nil
}

// UseCache settles where the build cache is: the user's, else the one that was recorded at the installation if it
// belongs to the same user. It may be none.
func (t *Toolchain) UseCache(recorded string) {
	if t.Cache != "" {
		return
	}
	info, err := os.Stat(recorded)
	if err != nil {
		return
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) == os.Geteuid() && Writable(recorded) {
		t.Cache = recorded
	}
}

// FileProxy returns the GOPROXY that has the modules of a module cache.
func FileProxy(modules string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(modules, "cache", "download"))}).String()
}

// engineModule is a module that every cell's workspace needs, as it stands in a module cache, without its version.
const engineModule = "github.com/janpfeifer/gonb@*"

// UseModules settles where the modules of cells are: in the user's module cache if it has them, else in the one that
// was recorded at the installation, so that a user without a home directory has them as well.
func (t *Toolchain) UseModules(recorded string) {
	holds := func(dir string) bool {
		found, err := filepath.Glob(filepath.Join(words.GlobQuote(dir), filepath.FromSlash(engineModule)))
		return dir != "" && err == nil && len(found) > 0
	}
	if !holds(t.Modules) && holds(recorded) {
		t.Modules = recorded
	}
}
