package program

import (
	"strings"
	"testing"
)

// Functions that goroutines begin with write the variables of the session when a panic leaves them; no others do.
func TestGoroutines(t *testing.T) {
	for _, c := range []struct {
		cell    string
		watched []string // what stands before the statement
	}{
		{"go func() { n++ }()", []string{"go func() {"}},
		{"go work(1)\nfunc work(i int) { n = i }", []string{"func work(i int) {"}},
		{"type t struct{}\nfunc (t *t) run() { n++ }\nfunc (t *t) other() {}\n{ v := &t{}; go v.run(); v.other() }",
			[]string{"run() {"}},
		{"func each[T any](x T) { n++ }\ngo each(1)\ngo each[string](\"\")", []string{"each[T any](x T) {"}},
		{"{ f := func() { n++ }; go f() }", []string{"f := func() {"}},
		{`import ("sync"; "time")` + "\nvar wg sync.WaitGroup\nwg.Go(func() { n++ })\nwg.Wait()\n" +
			"time.AfterFunc(1, late)\nfunc late() { n++ }", []string{"wg.Go(func() {", "func late() {"}},
		{`import "context"` + "\nctx, cancel := context.WithCancel(context.Background())\n" +
			"context.AfterFunc(ctx, func() { n++ })\ncancel()", []string{"context.AfterFunc(ctx, func() {"}},
		{"x := 2\ngo func() { n++ }()", []string{"go func() {"}}, // x is not used in main
		{"go func() { go func() { n++ }() }()", []string{"go func() {", "; go func() {"}},

		{"func() { n++ }()", nil},
		{"func plain() { n++ }\nplain()", nil},
		{"go println(n)\nn++", nil},
		{"go (<-make(chan func()))()\nn++", nil},
		{"go func() {}()", nil}, // nothing of the session
	} {
		n := newNotebook(t)
		n.run("n := 1")
		p := n.run(c.cell)
		if got := strings.Count(p.Main, " defer "+ownPrefix+"ended("); got != len(c.watched) {
			t.Errorf("%s: %d functions, want %d\n%s", c.cell, got, len(c.watched), p.Main)
		}
		for _, before := range c.watched {
			statement := endGoroutine
			if strings.HasSuffix(before, "go func() {") {
				statement = endLiteral
			}
			if !strings.Contains(p.Main, before+statement) {
				t.Errorf("%s: the statement is not behind %q\n%s", c.cell, before, p.Main)
			}
		}
	}
}
