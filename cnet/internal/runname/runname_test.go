package runname

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What is shown for the run that a name means reaches that run again, through a shell.
func TestArgumentReachesTheRun(t *testing.T) {
	for _, name := range []string{
		"first", "./first", "first/", "./first/", "./d/../first", "d/first", "results/first", "./results/first",
		"results", "./results",
		"results/results/first", "./with space", "with space", `./it's`, `"quoted"`, "./$HOME", "$(ls)", "`ls`",
		"./a;b", "a*b?", "~", "./~",
		"./-dash", "results/-dash", "./-dash/x", "naïve", "./日本 語", "no\u00a0break", `back\slash`, "#x", "!x", "=x",
		"{a,b}", "a&b", "a|b", "bad\xffutf8",
		".", "..", "../x", "/", "/tmp/first", "/tmp/with space/x", "results/..", "...", ".hidden", "./.hidden",
	} {
		dir, err := Dir(name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		shown := Argument(dir)
		words, err := exec.Command("sh", "-c", `printf '%s\n' `+shown).Output()
		if err != nil {
			t.Errorf("%q is shown as %s, which a shell cannot read: %v", name, shown, err)
			continue
		}
		typed := strings.TrimSuffix(string(words), "\n")
		if again, err := Dir(typed); err != nil || again != dir {
			t.Errorf("%q is in %q, shown as %s, which a shell takes for %q and is in %q (%v)",
				name, dir, shown, typed, again, err)
		}
	}
}

func TestDir(t *testing.T) {
	for name, want := range map[string]string{
		"first": "results/first", "./first": "first", "first/": "first", "a/b": "a/b", "/tmp/x/": "/tmp/x", ".": ".",
		"results/first": "results/first",
	} {
		if got, err := Dir(name); err != nil || filepath.ToSlash(got) != want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
		}
	}
	for name, want := range map[string]string{"": "needs a name", "-x": "is a flag", "a\nb": "without line breaks"} {
		if got, err := Dir(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %s, %v, want an error with %q", name, got, err, want)
		}
	}
}

func TestPath(t *testing.T) {
	if got := Path("-x.npz"); got != "./-x.npz" {
		t.Errorf("a file -x.npz is shown as %s", got)
	}
}
