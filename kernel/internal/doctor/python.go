package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"

	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/words"
)

// The oldest Python for which requirements.txt has versions.
var minPython = [2]int{3, 10}

// pythonProbe asks one Python everything in one start.
const pythonProbe = `
import importlib.metadata, importlib.util, json, sys
def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
print(json.dumps({"version": list(sys.version_info[:3]), "in_venv": sys.prefix != sys.base_prefix,
    "venv": all(importlib.util.find_spec(m) for m in ("venv", "ensurepip")),
    "jupyterlab": version("jupyterlab")}))
`

type pythonInfo struct {
	Version    [3]int `json:"version"`
	InVenv     bool   `json:"in_venv"`
	Venv       bool   `json:"venv"`
	JupyterLab string `json:"jupyterlab"`
}

func (t target) checkPython(ctx context.Context) []finding {
	command := findPython(t.layout.Prefix)
	if command == "" {
		return []finding{{subject: "Python", state: missing, detail: "no python3 in PATH",
			fix: "apt install python3 python3-venv"}}
	}
	output, err := exec.CommandContext(ctx, command, "-c", pythonProbe).Output()
	if err != nil {
		return []finding{{
			subject: "Python", state: missing, detail: command + " does not run: " + words.CommandError(err),
			fix: "if it is in .venv: rm -r .venv and make lab",
		}}
	}
	return pythonFindings(command, output)
}

// findPython prefers the Python of the prefix: it is the one whose Jupyter will look for the kernel there.
func findPython(prefix string) string {
	if prefix != "" {
		if own := filepath.Join(prefix, "bin", "python3"); installed.IsExecutable(own) {
			return own
		}
	}
	command, err := exec.LookPath("python3")
	if err != nil {
		return ""
	}
	return command
}

func pythonFindings(command string, answer []byte) []finding {
	var info pythonInfo
	if err := json.Unmarshal(answer, &info); err != nil {
		return []finding{{subject: "Python", state: missing, detail: command + " answered nonsense: " + err.Error()}}
	}
	python := finding{subject: "Python",
		detail: fmt.Sprintf("%d.%d.%d (%s)", info.Version[0], info.Version[1], info.Version[2], command)}
	switch {
	case info.Version[0] < minPython[0] || info.Version[0] == minPython[0] && info.Version[1] < minPython[1]:
		python.state = missing
		python.detail += fmt.Sprintf(" is older than %d.%d", minPython[0], minPython[1])
		python.fix = "install a newer Python"
	case !info.InVenv && !info.Venv:
		python.state = missing
		python.detail += " has no venv"
		python.fix = "apt install python3-venv"
	}
	jupyter := finding{subject: "JupyterLab", detail: info.JupyterLab}
	if info.JupyterLab == "" {
		jupyter.state, jupyter.detail, jupyter.fix = missing, "not installed for "+command, "run: make lab"
	}
	return []finding{python, jupyter}
}
