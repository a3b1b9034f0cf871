package server

import (
	"os"
	"slices"
	"strings"

	"continuousnet/kernel/internal/report"
	"continuousnet/kernel/internal/source"
)

// numbered is a cell that was sent to GoNB.
type numbered struct {
	label     string
	text      []string // the user's lines
	sent      []string // those that GoNB got, without white space
	rewritten source.Rewritten
}

// cells returns the lookup of the user's lines by GoNB's cell numbers.
func (v *supervisor) cells() report.Cells { return numberedCells{v} }

type numberedCells struct{ v *supervisor }

// Line implements [report.Cells].
func (c numberedCells) Line(id, line int) (cell string, userLine int, text string, ok bool) {
	c.v.mu.Lock()
	defer c.v.mu.Unlock()
	n, ok := c.v.numbers[id]
	if !ok || line < 1 || line > len(n.rewritten.Lines) {
		return "", 0, "", false
	}
	at := n.rewritten.Lines[line-1]
	if at < 0 || at >= len(n.text) {
		return "", 0, "", false
	}
	return n.label, at + 1, n.text[at], true
}

// Main implements [report.Cells]. The compiler was told from which cells most lines are. GoNB copies the lines of cells
// as they are, so a line is known by its text; of several cells with such a line, the youngest is meant.
func (c numberedCells) Main(path string, line int) (cell string, userLine int, text string, ok bool) {
	if n, ok := c.v.byFile(path); ok {
		if line < 1 || line > len(n.text) {
			return "", 0, "", false
		}
		return n.label, line, n.text[line-1], true
	}
	lines := c.v.s.composed(path)
	if lines == nil {
		source, err := os.ReadFile(path)
		if err != nil {
			return "", 0, "", false
		}
		lines = strings.Split(string(source), "\n")
	}
	if line < 1 || line > len(lines) {
		return "", 0, "", false
	}
	wanted := strings.TrimSpace(lines[line-1])
	if wanted == "" {
		return "", 0, "", false
	}
	for _, n := range slices.Backward(c.v.allCells()) {
		for i, own := range strings.Split(n.rewritten.Code, "\n") {
			if i >= len(n.rewritten.Lines) || strings.TrimSpace(own) != wanted {
				continue
			}
			if at := n.rewritten.Lines[i]; at >= 0 && at < len(n.text) {
				return n.label, at + 1, n.text[at], true
			}
		}
	}
	return "", 0, "", false
}

// byFile returns the cell that the compiler knows by the name of a file.
func (v *supervisor) byFile(path string) (numbered, bool) {
	for _, n := range slices.Backward(v.allCells()) {
		if report.CellFile(n.label) == path {
			return n, true
		}
	}
	return numbered{}, false
}
