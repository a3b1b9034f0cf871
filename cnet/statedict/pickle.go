package statedict

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"continuousnet/cnet/internal/words"
)

// A pickle is an error: the file is a program of Python's and not data. It is the expression that loads it there.
type pickle string

// To torch.load, which has refused whole networks since PyTorch 2.6, naming the pickle module says that the file is
// trusted, in every version; its weights_only came with 1.13, and the original is for 1.6.
const (
	torchPickle pickle = "torch.load(sys.argv[1], map_location='cpu', pickle_module=pickle)"
	plainPickle pickle = "pickle.load(open(sys.argv[1], 'rb'))"
)

func (p pickle) Error() string { return "a Python pickle" }

// checkpointKeys are what the dictionaries of checkpoints call the network or its state_dict.
const checkpointKeys = "('state_dict', 'model_state_dict', 'net_state_dict', 'model', 'net')"

// torchMagic begins what torch.save wrote before PyTorch 1.6: a pickle of the number 0x1950a86a20f9469cfc6c.
const torchMagic = "\x80\x02\x8a\x0al\xfc\x9cF\xf9"

// refusal tells how to convert the file: a state_dict, a whole network, either of them in a checkpoint's dictionary, or
// a result of the original, which holds a network for each refinement, the trained one last. In a shell's double quotes
// the program must do without $, `, \ and !.
func (p pickle) refusal(path string) error {
	program := "import pickle, sys, numpy, torch; o = " + string(p) + "; o = getattr(o, 'model_list', [o])[-1]; " +
		"o = next((o[k] for k in " + checkpointKeys + " if isinstance(o, dict) and k in o), o); " +
		"o = o.state_dict() if hasattr(o, 'state_dict') else o; " +
		"numpy.savez(sys.argv[2], **{k: torch.as_tensor(v).detach().cpu().numpy() for k, v in o.items()})"
	in, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	out := converted(in)
	return fmt.Errorf(`a Python pickle, as torch.save writes it: a program, which only Python runs. `+
		`If you trust it, convert it with PyTorch and NumPy; a whole network needs the code of its classes, `+
		`so do it in the original's folder. Then take %s:
python3 -c "%s" %s %s`, filepath.Base(out), program, words.ShellQuote(in), words.ShellQuote(out))
}

// converted is a path beside the file that nothing has yet.
func converted(path string) string {
	base := strings.TrimSuffix(path, filepath.Ext(path))
	out := base + npz
	for n := 2; ; n++ {
		if _, err := os.Lstat(out); err != nil {
			return out
		}
		out = fmt.Sprintf("%s-%d%s", base, n, npz)
	}
}
