package notebook

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"continuousnet/cnet"
	"continuousnet/cnet/basis"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/atomicfile"
)

// memory holds the weights over depth as they were when the net last changed, to compare later ones with. It is written
// when training begins: a refinement does not change the weights as functions of depth.
type memory struct {
	Changes int    // of the net, until then
	Epoch   int    // complete epochs
	Net     string // such as "2-2-2 euler"
	Basis   string // of the weights
	Weights map[string][][]float32
}

// memoryPath returns the path of the memory. It is a file of the run because no variable outlives its cell.
func memoryPath(run *cnet.Run) string {
	return filepath.Join(run.Dir(), "notebook", "weights-before.gob")
}

// changes counts how often the net of a run has become another.
func changes(history cnet.History) int {
	n := 0
	for _, r := range history {
		if r.ChangesNet() {
			n++
		}
	}
	return n
}

// remember keeps the weights of the run if the net has changed since they were kept last.
func remember(run *cnet.Run) error {
	m := memory{
		Changes: changes(run.History()), Epoch: run.Epoch(), Net: run.Network().String(),
		Weights: map[string][][]float32{},
	}
	if n, ok := run.Network().(*cnet.Net); ok {
		m.Basis = n.Bases[0].Name()
	}
	if old, err := recall(run); err == nil && old != nil && old.Changes == m.Changes {
		return nil
	}
	for _, v := range run.Network().Variables() {
		if !v.OverDepth || !v.Trainable {
			continue
		}
		rows, err := run.Weights(v.Path)
		if err != nil {
			return err
		}
		narrow := make([][]float32, len(rows))
		for i, row := range rows {
			narrow[i] = make([]float32, len(row))
			for j, x := range row {
				narrow[i][j] = float32(x)
			}
		}
		m.Weights[v.Path] = narrow
	}
	if err := m.write(memoryPath(run)); err != nil {
		return fmt.Errorf("run %s: cannot keep the weights for comparison: %w", run.Dir(), err)
	}
	return nil
}

func (m memory) write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	if err := atomicfile.Sweep(path); err != nil { // the run is open for training: nobody else writes this
		return err
	}
	return atomicfile.Write(path, atomicfile.Options{}, func(w io.Writer) error { return gob.NewEncoder(w).Encode(m) })
}

// recall returns what was remembered last, nil if nothing was.
func recall(run *cnet.Run) (*memory, error) {
	f, err := os.Open(memoryPath(run))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m := new(memory)
	if err := gob.NewDecoder(f).Decode(m); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return m, nil
}

// overDepth returns a remembered variable as functions of depth; nothing if that cannot be.
func (m *memory) overDepth(path string) figures.OverDepth {
	rows := m.of(path)
	if len(rows) == 0 {
		return figures.OverDepth{}
	}
	b, err := basis.New(m.Basis, len(rows))
	if err != nil {
		return figures.OverDepth{}
	}
	return figures.NewOverDepth(b, rows)
}

// of returns the remembered numbers of a variable, nil if there are none.
func (m *memory) of(path string) [][]float64 {
	if m == nil {
		return nil
	}
	var wide [][]float64
	for _, row := range m.Weights[path] {
		w := make([]float64, len(row))
		for j, x := range row {
			w[j] = float64(x)
		}
		wide = append(wide, w)
	}
	return wide
}
