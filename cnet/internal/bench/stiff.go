package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// StiffProblem tells the peers which problem to solve. They have its rate under the name.
type StiffProblem struct {
	Name    string    `json:"name"`
	X0      []float64 `json:"x0"`
	End     float64   `json:"end"`
	Outputs []float64 `json:"outputs"`
	ATol    float64   `json:"atol"` // divided by the relative tolerance
}

// StiffSolution is what a peer found, and what it took.
type StiffSolution struct {
	Problem    string      `json:"problem"`
	Method     string      `json:"method"`
	Tol        float64     `json:"tol"`
	Seconds    float64     `json:"seconds"`
	NFE        int         `json:"nfe"`
	Jacobians  int         `json:"jacobians"`
	Factorised int         `json:"factorised"`
	X          [][]float64 `json:"x"` // at the outputs; nil: the peer did not reach them
}

// StiffPeers solves stiff problems with the libraries of a Python: SciPy and diffrax, as far as it has them. args are
// further arguments of the script: --methods, --tol, --differences, --repeats.
func StiffPeers(ctx context.Context, python string, problems []StiffProblem, args []string) ([]StiffSolution, error) {
	folder, err := os.MkdirTemp("", "cnet-bench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	if err := unpack(folder); err != nil {
		return nil, err
	}
	input, err := json.Marshal(problems)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, python, append([]string{"-B", filepath.Join(folder, "stiff.py")}, args...)...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w%s", python, err, lastLine(stderr.String()))
	}
	var list []StiffSolution
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, len(out)+1)
	for lines.Scan() {
		var s StiffSolution
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return nil, fmt.Errorf("%s: it printed %.80q, expected solutions in JSON", python, lines.Text())
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s has neither scipy nor diffrax; add them with: %s -m pip install scipy diffrax",
			python, python)
	}
	return list, nil
}
