package report

import (
	"fmt"
	"strings"
	"testing"
)

// compile reports a recorded failure, which must be one of the compiler's.
func compile(t *testing.T, name string, change func(*Hints)) Report {
	t.Helper()
	f, ok := recorded(t)[name]
	if !ok {
		t.Fatalf("no recorded failure %q", name)
	}
	hints := f.hints()
	if change != nil {
		change(&hints)
	}
	r, ok := Compile(f.Evalue, f.Traceback, f.session(), hints)
	if !ok {
		t.Fatalf("%q is not taken for a compile error", f.Evalue)
	}
	return r
}

// build is what GoNB sends for a program of one mistake in one line of a cell.
func build(id, line int, source string, column int, text string) (evalue string, traceback []string) {
	evalue = fmt.Sprintf("# gonb_1\n./main.go:9:%d: %s\n", column, text)
	context := fmt.Sprintf("Cell[%d]: Line %d\n\nfunc main() {\n\tcnet_flags()\n%s\n%s^\n}\n\n",
		id, line, source, strings.Repeat(" ", column-1))
	return evalue, []string{"# gonb_1", context + "\n\x1b[31m" + text + "\x1b[0m", ""}
}

func TestCaretStandsUnderTheUsersOwnText(t *testing.T) {
	for _, c := range []struct {
		name, code, source string
		column             int
		under              string // what the caret points at; "" for no caret
	}{
		{"same line", "fmt.Println(foo)", "fmt.Println(foo)", 13, "foo)"},
		{"behind the end", "for i := range 3", "for i := range 3", 17, " "},
		{"set in by tabs", "\t\tx := foo(\ty)", "\t\tx := foo(\ty)", 13, "y)"},
		{"set in differently", "    worse = nothing", "\tworse = nothing", 10, "nothing"},
		{"declaration written again", `var   bad    int = "text"`, "\tbad int = \"text\"", 12, `"text"`},
		{"comment dropped", "var a = b // b is not c", "\ta = b", 6, "b // b is not c"},
		{"the second of two", "a+ a", "\ta + a", 6, "a"},
		{"within an added call", "x + y", "show(x + y)", 10, "y"},
		{"occurs too often", "a + a", "\ta + a + a", 10, ""},
		{"not to be found", "something else", "\tx := y", 7, ""},
		{"part of a longer word", "abc = 1", "\tbc = 1", 2, ""},
		{"beyond ASCII", `s := "héllo"; foo()`, `s := "héllo"; foo()`, 16, "foo()"},
	} {
		t.Run(c.name, func(t *testing.T) {
			evalue, traceback := build(3, 1, c.source, c.column, "undefined: foo")
			r, _ := Compile(evalue, traceback, session{3: c.code}, Hints{})
			lines := strings.Split(plain(r), "\n")
			if c.under == "" {
				if strings.Contains(plain(r), "^") {
					t.Fatalf("a caret where its place is not certain:\n%s", plain(r))
				}
				return
			}
			if len(lines) < 3 {
				t.Fatalf("no caret:\n%s", plain(r))
			}
			// Runes, not bytes, make the width; a tab stands under a tab.
			code, caret := []rune(lines[1]), []rune(lines[2])
			at := len(caret) - 1
			if caret[at] != '^' || string(append(code, ' ')[at:len(code)]) != strings.TrimRight(c.under, " ") {
				t.Fatalf("want the caret under %q:\n%s", c.under, plain(r))
			}
			for i := 8; i < at; i++ {
				if (code[i] == '\t') != (caret[i] == '\t') {
					t.Fatalf("tabs do not match in\n%q\n%q", lines[1], lines[2])
				}
			}
		})
	}
}

func TestNotOfABuild(t *testing.T) {
	for _, evalue := range []string{
		"", "exit status 2", "signal: killed", "executing special commands in cell: no such file", "\n",
	} {
		if r, ok := Compile(evalue, []string{evalue}, session{}, Hints{}); ok {
			t.Errorf("%q is taken for a compile error: %+v", evalue, r)
		}
	}
}

func TestHintNeedsWhatOnlyTheCallerKnows(t *testing.T) {
	evalue, traceback := build(4, 1, "run.Step()", 1, "undefined: run")
	cells := session{4: "run.Step()"}
	r, _ := Compile(evalue, traceback, cells, Hints{Cell: 4, Ended: func(name string) (string, string, bool) {
		return "cell [2]", "its type is declared inside of a function", name == "run"
	}})
	if want := "run was defined by cell [2] and ended with it: its type is"; !strings.Contains(plain(r), want) {
		t.Errorf("want %q in\n%s", want, plain(r))
	}
	r, _ = Compile(evalue, traceback, cells, Hints{Cell: 4})
	if strings.Contains(plain(r), "ended with") {
		t.Errorf("an invented cell:\n%s", plain(r))
	}

	for hasMain, want := range map[bool]string{true: "below the line `%%`", false: "put a line `%%` before"} {
		r = compile(t, "nonmain", func(h *Hints) { h.HasMain = hasMain })
		if !strings.Contains(plain(r), want) {
			t.Errorf("with HasMain=%v want %q in\n%s", hasMain, want, plain(r))
		}
	}
}

func TestDotImportOfAnEarlierCell(t *testing.T) {
	if r := compile(t, "afterdot", nil); !strings.Contains(plain(r), "`%rm .~math`") {
		t.Errorf("no remedy:\n%s", plain(r))
	}
	// GoNB has not remembered the import of a cell that does not compile: there is nothing to forget.
	if r := compile(t, "dotunused", nil); strings.Contains(plain(r), "%rm") {
		t.Errorf("a remedy that cannot work:\n%s", plain(r))
	}
}

func TestOneNameInTwoCells(t *testing.T) {
	evalue := "# gonb_1\n./main.go:12:6: thing redeclared in this block\n\t./main.go:9:2: other declaration of thing\n"
	traceback := []string{"# gonb_1",
		"Cell[5]: Line 1\n)\n\nfunc thing() {}\n     ^\n\nthing redeclared in this block",
		"Cell[2]: Line 1\n\nvar (\n\tthing = 1\n ^\n)\n\nother declaration of thing", ""}
	r, _ := Compile(evalue, traceback, session{2: "var thing = 1", 5: "func thing() {}"}, Hints{Cell: 5})
	for _, want := range []string{"other declaration of thing: cell [2] line 1 | var thing = 1", "`%rm thing`"} {
		if !strings.Contains(plain(r), want) {
			t.Errorf("want %q in\n%s", want, plain(r))
		}
	}
}

func TestMessagesOfOneMistakeAreShownOnce(t *testing.T) {
	const text = "expected ';', found x"
	evalue := "/tmp/gonb_1/main.go:9:3: " + text + "\n./main.go:9:3: " + text + "\nexit status 2"
	context := "Cell[1]: Line 2\n\n\n\na x\n  ^\n\n\n\n" + text
	r, _ := Compile(evalue, []string{context, context, "exit status 2"}, session{1: "%%\na x"}, Hints{})
	if len(r.Traceback) != 1 || strings.Contains(r.Value, "more") {
		t.Errorf("%q, %q", r.Value, r.Traceback)
	}
}

func TestManyMessages(t *testing.T) {
	var evalue strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&evalue, "go: module %d is missing\n", i)
	}
	r, _ := Compile(evalue.String(), nil, session{}, Hints{})
	if len(r.Traceback) != maxMessages+1 || r.Traceback[maxMessages] != "... and 990 more" {
		t.Errorf("%d lines, the last %q", len(r.Traceback), r.Traceback[len(r.Traceback)-1])
	}
	if want := "go: module 0 is missing (and 999 more)"; r.Value != want {
		t.Errorf("value %q, want %q", r.Value, want)
	}
}

func TestModuleWithoutAPlaceIsFoundInTheCell(t *testing.T) {
	evalue := "failed to run \"/usr/local/go/bin/go get\": exit status 1\n\ngonb_1 imports\n" +
		"\texample.org/x/y: cannot find module providing package example.org/x/y: " +
		"module lookup disabled by GOPROXY=off\n"
	r, ok := Compile(evalue, nil, session{7: "// a comment\nimport \"example.org/x/y\"\n"}, Hints{Cell: 7})
	if !ok || !strings.HasPrefix(r.Value, "cell [7] line 2: example.org/x/y: cannot find module") {
		t.Errorf("value %q", r.Value)
	}
	if want := "`!*go get example.org/x/y@latest`"; !strings.Contains(plain(r), want) {
		t.Errorf("want %q in\n%s", want, plain(r))
	}
}

func TestMistakeInAPackage(t *testing.T) {
	evalue := "# continuousnet/cnet\n../../home/user/net/cnet/run.go:12:3: undefined: foo\n" +
		"# gonb_1\n./extra.go:3:9: missing return\n"
	r, _ := Compile(evalue, nil, session{}, Hints{})
	want := []string{"continuousnet/cnet/run.go:12:3: undefined: foo", "extra.go:3:9: missing return"}
	if got := strings.Split(plain(r), "\n"); got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlaceThatTheUserDidNotWrite(t *testing.T) {
	evalue, traceback := build(3, 99, "show(x)", 6, "undefined: x")
	r, _ := Compile(evalue, traceback, session{3: "y"}, Hints{})
	want := "undefined: x\n      | show(x)\n      |      ^"
	if r.Value != "undefined: x" || plain(r) != want {
		t.Errorf("value %q, traceback\n%s\nwant\n%s", r.Value, plain(r), want)
	}
}

// The parser meets the brace that GoNB puts behind the cell.
func TestCellThatEndsTooEarly(t *testing.T) {
	evalue, traceback := build(3, 99, "}", 1, "expected operand, found '}'")
	r, _ := Compile(evalue, traceback, session{3: "y := 2\nx := 1 +\n"}, Hints{Cell: 3})
	const value = "cell [3] line 2: the cell ends too early: expected operand, found '}'"
	if want := value + "\n    2 | x := 1 +\n      |         ^"; r.Value != value || plain(r) != want {
		t.Errorf("value %q, traceback\n%s\nwant\n%s", r.Value, plain(r), want)
	}
}

func TestOnlyAnExitStatus(t *testing.T) {
	const evalue = `failed to run "/usr/local/go/bin/go build": exit status 1`
	if r, ok := Compile(evalue, nil, session{}, Hints{}); !ok || r.Value != evalue {
		t.Errorf("%v %q", ok, r.Value)
	}
}

func FuzzCompile(f *testing.F) {
	for _, c := range recorded(f) {
		f.Add(c.Evalue, strings.Join(c.Traceback, "\x00"), strings.Join(valuesOf(c.Cells), "\n"))
	}
	f.Fuzz(func(t *testing.T, evalue, traceback, code string) {
		cells := session{}
		for id := range 40 {
			cells[id] = code
		}
		ended := func(name string) (string, string, bool) { return "cell [1]", "", len(name)%2 == 0 }
		r, ok := Compile(evalue, strings.Split(traceback, "\x00"), cells, Hints{Cell: 3, Ended: ended})
		if ok {
			checkBounds(t, r)
		}
	})
}

// What an import of another cell is forgotten by is GoNB's key, not the end of its path.
func TestUnusedImportOfAnotherCell(t *testing.T) {
	match := []string{"", "gopkg.in/yaml.v3", ""}
	if hint := unusedImport(match, &message{id: 1}, Hints{Cell: 2}); !strings.Contains(hint, "`%rm v3`") {
		t.Error(hint)
	}
}

// Variables of the session are none in a program that does not compile, which is not to be told beside the reason.
func TestUnusedVariablesBesideOthers(t *testing.T) {
	unused, unusedTrace := build(3, 1, "x := foo", 1, "declared and not used: x")
	undefined, undefinedTrace := build(3, 1, "x := foo", 6, "undefined: foo")
	both, bothTrace := unused+strings.SplitN(undefined, "\n", 2)[1], append(unusedTrace[:2:2], undefinedTrace[1:]...)
	for _, c := range []struct {
		evalue string
		trace  []string
		locals []string
		want   bool
	}{
		{both, bothTrace, []string{"x"}, false},
		{both, bothTrace, []string{"y"}, true}, // a variable of a function
		{unused, unusedTrace, []string{"x"}, true},
	} {
		r, _ := Compile(c.evalue, c.trace, session{3: "x := foo"}, Hints{Cell: 3, Locals: c.locals})
		if got := strings.Contains(plain(r), "not used"); got != c.want {
			t.Errorf("%v: %v, want %v\n%s", c.locals, got, c.want, plain(r))
		}
	}
}

// A misspelt name of a package that cells know is not a package that is not there.
func TestMisspeltNameOfKnownPackage(t *testing.T) {
	for code, want := range map[string]string{
		"fmt.Printn(1)": "package fmt has no name Printn", "fmtt.Print(1)": "no package fmtt with a name Print",
	} {
		name, _, _ := strings.Cut(code, ".")
		evalue, traceback := build(3, 1, code, 1, "undefined: "+name)
		r, _ := Compile(evalue, traceback, session{3: code}, Hints{Cell: 3})
		if !strings.Contains(plain(r), want) {
			t.Errorf("%s: %s; want %q", code, plain(r), want)
		}
	}
	evalue, traceback := build(3, 1, "\u00a0y", 1, "illegal character U+00A0")
	r, _ := Compile(evalue, traceback, session{3: "\u00a0y"}, Hints{Cell: 3})
	if !strings.Contains(plain(r), "type it anew") {
		t.Error(plain(r))
	}
}
