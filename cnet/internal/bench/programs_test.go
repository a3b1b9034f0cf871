package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// own's programs get the engine where it matters; what does not depend on it is measured once.
func TestOwn(t *testing.T) {
	step := Case{Args: []string{"step", "--steps", "2"}}
	ode := Case{Args: []string{"ode"}, engineless: true}
	first, second := Own("cnet", "go", 3, true), Own("cnet", "xla:cpu", 3, false)
	for _, c := range []struct {
		program Program
		c       Case
		want    string
	}{
		{first, step, "cnet bench step --steps 2 --json --engine go"},
		{second, step, "cnet bench step --steps 2 --json --engine xla:cpu"},
		{first, ode, "cnet bench ode --json"},
		{second, ode, ""},
	} {
		if got := strings.Join(c.program.Command(c.c), " "); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if !slices.Equal(first.Env, []string{"GOMAXPROCS=3"}) {
		t.Errorf("environment %v", first.Env)
	}
}

// Of a Python the libraries that it has are measured, each with the script for the kind of case.
func TestPeers(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Setenv(asProgram, `{"python":"3.12","torch":"2.9","scipy":"1.18"}`)
	list, versions, err := Peers(t.Context(), exe, dir, 2)
	if err != nil || versions["torch"] != "2.9" {
		t.Fatal(versions, err)
	}
	var names, commands []string
	for _, p := range list {
		names = append(names, p.Name)
		for _, c := range []Case{
			{Peer: "step", Args: []string{"step", "--steps", "2"}},
			{Peer: "epoch", Args: []string{"epoch", "--dataset", "CIFAR10", "--data", "d"}},
			{Peer: "ode", Args: []string{"ode", "--tol", "1e-6"}},
			{Args: []string{"run"}},
		} {
			if args := p.Command(c); args != nil {
				commands = append(commands, strings.Join(args[2:], " "))
			}
		}
	}
	if want := []string{"torch", "torch compile", "scipy"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	step, epoch := filepath.Join(dir, "torch_step.py"), filepath.Join(dir, "torch_epoch.py")
	want := []string{
		step + " --threads 2 --steps 2", epoch + " --threads 2 --data d",
		step + " --threads 2 --compile --steps 2", epoch + " --threads 2 --compile --data d",
		filepath.Join(dir, "ode.py") + " --threads 2 --with scipy --tol 1e-6",
	}
	if !slices.Equal(commands, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(commands, "\n"), strings.Join(want, "\n"))
	}
}

func TestBadPeers(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ python, prints, want string }{
		{exe, `{"python":"3.12"}`, "has none of torch, jax, torchdiffeq, diffrax and scipy; add some with: "},
		{exe, "hello", `is no Python: it printed "hello"`},
		{exe, "!no good", "exit status 1: no good"},
		{filepath.Join(t.TempDir(), "nothing"), "", "no such file"},
	} {
		t.Setenv(asProgram, c.prints)
		_, _, err := Peers(t.Context(), c.python, t.TempDir(), 2)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %q", c.prints, err, c.want)
		}
	}
}

// The scripts take the arguments that the cases have. Stand-ins for the libraries end them as soon as they have been
// read.
func TestScriptsTakeTheArguments(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	scripts, libraries := t.TempDir(), t.TempDir()
	if err := unpack(scripts); err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{"torch": "1", "jax": "1", "scipy": "1", "torchdiffeq": "1", "diffrax": "1"}
	for _, name := range []string{"torch", "jax", "scipy", "torchdiffeq", "diffrax", "numpy"} {
		text := []byte("print('read'); raise SystemExit\n")
		if err := os.WriteFile(filepath.Join(libraries, name+".py"), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	cases := Cases(Options{CIFAR: "d", Quick: true})
	for _, c := range Cases(Options{}) {
		if slices.Contains(c.Args, "--model") && strings.HasPrefix(c.Name, "train") {
			cases = append(cases, c)
		}
	}
	for _, c := range cases {
		for _, p := range peers(python, scripts, 1, versions) {
			args := p.Command(c)
			if args == nil {
				continue
			}
			seen[p.Name] = true
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Env = append(os.Environ(), "PYTHONPATH="+libraries)
			if out, err := cmd.CombinedOutput(); err != nil || string(out) != "read\n" {
				t.Errorf("%s: %s: %v\n%s", p.Name, c.Name, err, out)
			}
		}
	}
	if len(seen) != 6 {
		t.Errorf("only %v were tried", seen)
	}
}
