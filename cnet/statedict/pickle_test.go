package statedict

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What a refused pickle may hold, written by Python with classes named as the original's and stand-ins for PyTorch and
// NumPy, of which only names and values are of interest here.
const pickles = `
import pickle
from code_of_the_user import Module, Result

def wrapped(d):
    return Module({'module.' + k: v for k, v in d.items()})

old, new = {'w': [1]}, {'w': [1, 2], 'b': [3]}
for name, o in {
    'result': Result([Module(old), Module(new)]),
    'parallel': wrapped(new),
    'module': Module(new),
    'state_dict': new,
    'checkpoint': {'state_dict': new, 'epoch': 3},
    'tutorial': {'epoch': 3, 'model_state_dict': new, 'optimizer_state_dict': {}},
    'whole': {'model': wrapped(new), 'optimizer': None},
}.items():
    with open(name + ".pkl", "wb") as f:
        if torch_saved:
            pickle.dump(0x1950a86a20f9469cfc6c, f, protocol=2)
        pickle.dump(o, f, protocol=2)
`

// The command that the refusal prints converts each of them, whatever a shell makes of the path.
func TestThePrintedCommandConverts(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3")
	}
	dir := filepath.Join(t.TempDir(), "it's $HOME `x` \"[25]\"")
	code := t.TempDir() // the folder to be in
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"code_of_the_user.py": `
class Module:
    def __init__(self, d): self.d = d
    def state_dict(self): return self.d
class Result:
    def __init__(self, model_list): self.model_list = model_list
`,
		"torch.py": `
def load(path, map_location=None, pickle_module=None):
    f = open(path, 'rb')
    assert map_location == 'cpu' and pickle_module.load(f) == 0x1950a86a20f9469cfc6c
    return pickle_module.load(f)
class as_tensor:
    def __init__(self, v): self.v = v
    def detach(self): return self
    def cpu(self): return self
    def numpy(self): return self.v
`,
		"numpy.py": `
def savez(path, **arrays):
    with open(path, 'x') as f: f.write(repr(arrays))
`,
	} {
		put(t, filepath.Join(code, name), []byte(text))
	}
	python := func(program string) {
		t.Helper()
		cmd := exec.Command("python3", "-c", program)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PYTHONPATH="+code)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	for _, torchSaved := range []string{"True", "False"} {
		python("torch_saved = " + torchSaved + pickles)
		for name, want := range map[string]string{
			"result": "{'w': [1, 2], 'b': [3]}", "parallel": "{'module.w': [1, 2], 'module.b': [3]}",
			"module":     "{'w': [1, 2], 'b': [3]}",
			"state_dict": "{'w': [1, 2], 'b': [3]}", "checkpoint": "{'w': [1, 2], 'b': [3]}",
			"tutorial": "{'w': [1, 2], 'b': [3]}", "whole": "{'module.w': [1, 2], 'module.b': [3]}",
		} {
			_, err := Read(filepath.Join(dir, name+".pkl"))
			if err == nil {
				t.Fatalf("%s was read", name)
			}
			text, command, _ := strings.Cut(err.Error(), "\n")
			out := name + ".npz"
			if torchSaved == "False" {
				out = name + "-2.npz" // beside the one of before
			}
			if !strings.HasSuffix(text, "Then take "+out+":") {
				t.Errorf("%s: %s", name, text)
			}
			cmd := exec.Command("sh", "-c", command)
			cmd.Dir = code
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", name, err, out)
				continue
			}
			if got, err := os.ReadFile(filepath.Join(dir, out)); err != nil || string(got) != want {
				t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
			}
		}
	}
}
