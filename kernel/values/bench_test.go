package values

import (
	"strconv"
	"testing"
)

// BenchmarkCell measures what a cell pays: reading, and writing what it has changed or not.
func BenchmarkCell(b *testing.B) {
	small := 1
	floats := make([]float64, 25e6)
	words := map[string]int{}
	for i := range 100_000 {
		words[strconv.Itoa(i)] = i
	}
	var list *chain
	for range 100_000 {
		list = &chain{next: list}
	}
	lines := make([]string, 100_000)
	for i := range lines {
		lines[i] = "line " + strconv.Itoa(i)
	}
	for _, c := range []struct {
		name    string
		pointer func() any
		value   any
	}{
		{"int", func() any { return new(int) }, &small},
		{"200MB", func() any { return new([]float64) }, &floats},
		{"map100k", func() any { return new(map[string]int) }, &words},
		{"list100k", func() any { return new(*chain) }, &list},
		{"strings100k", func() any { return new([]string) }, &lines},
	} {
		b.Run(c.name+"/write", func(b *testing.B) {
			for range b.N {
				dir := b.TempDir()
				Open(dir, Var{Name: "v", Pointer: c.value}).Write()
			}
		})
		dir := b.TempDir()
		Open(dir, Var{Name: "v", Pointer: c.value}).Write()
		b.Run(c.name+"/read", func(b *testing.B) {
			for range b.N {
				Open(dir, Var{Name: "v", Pointer: c.pointer()})
			}
		})
		s := Open(dir, Var{Name: "v", Pointer: c.pointer()})
		b.Run(c.name+"/unchanged", func(b *testing.B) {
			for range b.N {
				s.write()
			}
		})
	}
}
