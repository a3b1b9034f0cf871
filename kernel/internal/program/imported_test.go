package program

import "testing"

func TestImported(t *testing.T) {
	s := NewSession(nil)
	s.vars["run"] = Variable{Name: "run"}
	for body, want := range map[string]bool{
		`fmt.Println(1)`:                            true,
		`f.Println(yaml.X, other.Y)`:                true, // by their own names, and as paths say
		`strings.ToUpper("x")`:                      false,
		`x := T{}; x.a++; run.Go(); n.a++`:          true, // of main, of the session, one to come
		`func(fmt T) { fmt.a++ }(T{})`:              true,
		`{ strings := T{}; strings.a++ }`:           true,
		`{ sort := T{}; sort.a++ }; sort.Ints(nil)`: false,
		`strings.ToUpper(t.s)`:                      false, // whatever comes after it
		`t.a++`:                                     true,  // declared beside main
		`(`:                                         false,
	} {
		main := "package main\nimport (\n\t\"fmt\"\n\tf \"fmt\"\n\t\"gopkg.in/yaml.v3\"\n" +
			"\tother \"a/b\"\n\t\"unused\"\n)\ntype T struct{ a int }\nvar t T\nfunc main() {\n" + body + "\n}\n"
		if got := s.Imported([]byte(main), []string{"n"}); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
