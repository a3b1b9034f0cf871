package server

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"slices"
	"strings"

	"continuousnet/kernel/internal/hook"
	"continuousnet/kernel/internal/report"
	"continuousnet/kernel/internal/words"
)

// place is a line of a cell.
type place struct {
	file string
	line int
}

// places returns where the lines of a program come from, for the compiler: the program then says so itself, in stack
// traces, to runtime.Caller, in logs and in profiles. composed are its lines as GoNB wrote them.
func (v *supervisor) places(text string, composed []string) []hook.Place {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil // the compiler says it
	}
	cells := v.allCells()
	from := map[int]place{}
	find := func(n ast.Node, isMain bool) {
		first, last := set.Position(n.Pos()).Line, min(set.Position(n.End()).Line, len(composed))
		for _, cell := range slices.Backward(cells) {
			if at, ok := cell.origin(composed[first-1:last], isMain); ok {
				for i, line := range at {
					if line > 0 {
						from[first+i] = place{report.CellFile(cell.label), line}
					}
				}
				return
			}
			if isMain {
				return // statements are those of the last cell
			}
		}
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			find(d, d.Recv == nil && d.Name.Name == "main")
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if spec, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR && len(spec.Values) > 0 {
					find(spec, false)
				}
			}
		}
	}
	return changes(len(composed), from, tokenLines(text))
}

// allCells returns the cells that GoNB and those before it have got, oldest first.
func (v *supervisor) allCells() []numbered {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := slices.Clone(v.former)
	for _, id := range slices.Sorted(maps.Keys(v.numbers)) {
		all = append(all, v.numbers[id])
	}
	return all
}

// origin finds lines of GoNB's file in the cell, in their order, and returns the user's line of each, 0 for a line that
// is none. All have to be there, except of func main, to which GoNB adds some.
func (n numbered) origin(lines []string, isMain bool) (at []int, ok bool) {
	last := -1
	if isMain {
		last = slices.IndexFunc(n.sent, isMainLine)
	}
	at = make([]int, len(lines))
	for i, line := range lines {
		line = words.Squeezed(line)
		if line == "" {
			continue
		}
		next := slices.IndexFunc(n.sent[last+1:], func(l string) bool {
			// GoNB writes "var x = 1" as "x = 1" in a list.
			return l == line || i == 0 && !isMain && strings.Contains(l, line)
		})
		if next < 0 && isMain {
			continue
		} else if next < 0 {
			return nil, false
		}
		last += 1 + next
		if user := n.rewritten.Lines[last]; user >= 0 && user < len(n.text) {
			at[i] = user + 1
		}
	}
	return at, true
}

// isMainLine reports whether statements begin below a line for GoNB.
func isMainLine(line string) bool {
	return strings.HasPrefix(line, "%%") || strings.HasPrefix(line, "%main")
}

// tokenLines returns the lines of Go code that begin with a token, where a comment may stand before it.
func tokenLines(text string) map[int]bool {
	begins := map[int]bool{}
	set := token.NewFileSet()
	file := set.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), nil, 0)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return begins
		}
		if at := file.Position(pos); lit != "\n" && strings.TrimSpace(text[at.Offset-at.Column+1:at.Offset]) == "" {
			begins[at.Line] = true
		}
	}
}

// changes returns the lines at which a line does not follow the one before it in the file that it comes from.
func changes(lines int, from map[int]place, mayChange map[int]bool) []hook.Place {
	const main = "main.go"
	var list []hook.Place
	expected := place{main, 1}
	for i := range lines {
		actual, known := from[i+1]
		if !known {
			actual = place{main, i + 1}
		}
		if actual != expected && mayChange[i+1] {
			list = append(list, hook.Place{Line: i + 1, File: actual.file, At: actual.line})
			expected = actual
		}
		expected.line++
	}
	return list
}
