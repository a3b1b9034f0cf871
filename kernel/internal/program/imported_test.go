package program

import (
	"strings"
	"testing"

	"continuousnet/kernel/internal/source"
)

func TestImported(t *testing.T) {
	s := NewSession(nil)
	s.vars["run"] = Variable{Name: "run"}
	for body, want := range map[string]bool{
		`fmt.Println(1)`:                            true,
		`f.Println(yaml.X, other.Y)`:                true, // by their own names, and as paths say
		`strings.ToUpper("x")`:                      false,
		`x := T{}; x.a++; run.Go()`:                 true,  // of main, of the session
		`n := n.New()`:                              false, // a package up to where it is defined
		`n := T{}; n.a++`:                           true,
		`func(fmt T) { fmt.a++ }(T{})`:              true,
		`{ strings := T{}; strings.a++ }`:           true,
		`{ sort := T{}; sort.a++ }; sort.Ints(nil)`: false,
		`strings.ToUpper(t.s)`:                      false, // whatever comes after it
		`t.a++`:                                     true,  // declared beside main
		"}\nfunc later() {\nn.a++":                  true,  // to come
		`(`:                                         false,
	} {
		main := "package main\nimport (\n\t\"fmt\"\n\tf \"fmt\"\n\t\"gopkg.in/yaml.v3\"\n" +
			"\tother \"a/b\"\n\t\"unused\"\n)\ntype T struct{ a int }\nvar t T\nfunc main() {\n" + body + "\n}\n"
		if got := s.Imported([]byte(main), []string{"n"}); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

// The call with which GoNB begins main goes where the cell parses the flags itself.
func TestLeaveOutFlags(t *testing.T) {
	for _, c := range []struct {
		cell  string
		calls int
	}{
		{"n := 1", 1},
		{"flag := true", 1},
		{"func flag() bool { return true }", 1},
		{"import \"flag\"\nn := flag.Int(\"n\", 3, \"\")\nflag.Parse()\nprintln(*n)", 0},
		{"import \"flag\"\nvar n = flag.Int(\"n\", 3, \"\")\nprintln(*n)", 1},
	} {
		n := newNotebook(t)
		main := "package main\nimport \"flag\"\n"
		r := source.Rewrite(c.cell, source.Options{})
		_, statements, _ := strings.Cut(r.Code, "%%\n")
		for _, d := range r.Decls {
			if d.Kind != "import" {
				main += d.Text + "\n"
			}
		}
		main += "func main() {\n\t" + FlagsCall + "\n" + statements + "\n}\n"
		p := n.session.Prepare(t.Context(), []byte(main), Cell{Number: 1, Decls: r.Decls, Locals: r.Locals}, nil)
		if got := strings.Count(p.Main, FlagsCall); got != c.calls {
			t.Errorf("%s: %d calls\n%s", c.cell, got, p.Main)
		}
		if err := compile(p); err != nil {
			t.Errorf("%s: %v\n%s\n%s", c.cell, err, p.Main, p.Extra)
		}
	}
}
