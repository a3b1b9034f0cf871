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

// SolverProblem tells the peers which problem to solve. They have its rate under the name.
type SolverProblem struct {
	Name    string    `json:"name"`
	X0      []float64 `json:"x0"`
	End     float64   `json:"end"`
	Outputs []float64 `json:"outputs"`
	ATol    float64   `json:"atol"` // divided by the relative tolerance
}

// SolverSolution is what a peer found, and what it took.
type SolverSolution struct {
	Problem    string      `json:"problem"`
	Method     string      `json:"method"`
	Tol        float64     `json:"tol"`
	Seconds    float64     `json:"seconds"`
	NFE        int         `json:"nfe"`
	Jacobians  int         `json:"jacobians"`
	Factorised int         `json:"factorised"`
	X          [][]float64 `json:"x"` // at the outputs; nil: the peer did not reach them
}

// SolverPeers solves problems with the libraries of a Python: SciPy and diffrax, as far as it has them. args are
// further arguments of the script: --methods, --tol, --differences, --repeats.
func SolverPeers(
	ctx context.Context, python string, problems []SolverProblem, args []string,
) ([]SolverSolution, error) {
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
	cmd := exec.CommandContext(ctx, python, append([]string{"-B", filepath.Join(folder, "solve.py")}, args...)...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w%s", python, err, lastLine(stderr.String()))
	}
	var list []SolverSolution
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, len(out)+1)
	for lines.Scan() {
		var s SolverSolution
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
