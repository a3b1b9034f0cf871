package gopls

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/internal/kerneltest"
)

func TestPlain(t *testing.T) {
	sources := t.TempDir()
	kerneltest.Put(t, filepath.Join(sources, "a.go"), `package notebook
type Option func()
func Train() {}
func train() {}
func (o Option) Trace() {}
const Trials = 3
var (broken`, 0o644)
	kerneltest.Put(t, filepath.Join(sources, "a_test.go"), "package notebook\nfunc TrainTest() {}\n", 0o644)
	kerneltest.Put(t, filepath.Join(sources, "a_plan9.go"), "package notebook\nfunc TrapPlan9() {}\n", 0o644)
	dir := func(importPath string) string {
		if importPath == "continuousnet/cnet/notebook" {
			return sources
		}
		return ""
	}
	const imports = "package main\n\nimport nb \"continuousnet/cnet/notebook\"\n\nvar runs int\n\n"
	for marked, want := range map[string]string{
		"package main\n\nfunc main() {\n\tnotebook.Tr|\n}\n":                               "Train Trials",
		"package main\n\nfunc main() {\n\tnotebook.|\n}\n":                                 "Option Train Trials",
		imports + "func main() {\n\tnb.Tr|ain()\n}\n":                                      "Train Trials",
		imports + "func main() {\n\trun.notebook.Tr|\n}\n":                                 "",
		imports + "func main() {\n\tf().Tr|\n}\n":                                          "",
		imports + "func main() {\n\tstrings.Rep|\n}\n":                                     "", // sources unknown
		imports + "func f(runner int) {}\nfunc g() {\n\trun := 1\n\tru|\n\trust := 2\n}\n": "run rune runs runtime",
		imports + "func main() {\n\tfor i, runner := range x {\n\t\trunn|\n\t}\n}\n":       "runner",
		imports + "func main() {\n\tn|\n}\n":                                               "nb new nil notebook",
		imports + "func main() { // ru|\n}\n":                                              "",
		imports + "func main() {\n\tx := \"ru|\n}\n":                                       "",
	} {
		text, offset := cut(t, marked)
		got := Plain(text, offset, dir)
		all := strings.Fields(texts(got))
		slices.Sort(all)
		if strings.Join(all, " ") != want {
			t.Errorf("%q: %q, want %q", marked, all, want)
		}
		if typed := text[got.Start:offset]; strings.ContainsAny(typed, ".\n\" ") {
			t.Errorf("%q replaces %q", marked, typed)
		}
	}
}
