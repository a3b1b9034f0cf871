package gopls

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// startReal starts the gopls that is named, installed with the kernel or in PATH, with this checkout.
func startReal(t *testing.T) *Client {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	command := os.Getenv("CNET_TEST_GOPLS")
	if command == "" {
		command = filepath.Join(root, ".venv/share/jupyter/kernels/cnet/bin/gopls")
		if _, err := os.Stat(command); err != nil {
			if command, err = exec.LookPath("gopls"); err != nil {
				t.Skip("gopls is neither installed with the kernel nor in PATH, and CNET_TEST_GOPLS does not name it")
			}
		}
	}
	c, err := Start(Options{
		Command:  command,
		Dir:      t.TempDir(),
		Checkout: root,
		Env:      append(os.Environ(), "GOFLAGS=-tags=noxla -buildvcs=false", "GOPROXY=off"),
		Log:      t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestGopls(t *testing.T) {
	c := startReal(t)
	const imports = "package main\n\n" +
		"import (\n\t\"continuousnet/cnet\"\n\t. \"continuousnet/cnet/notebook\"\n\t\"fmt\"\n)\n\n"
	for _, q := range []struct{ marked, want string }{
		{"package main\n\nfunc main() {\n\tfmt.Printl|\n}\n", "Println"},
		{"package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Print|\n}\n", "Print Printf Println"},
		{"package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.print|\n}\n", "Print Printf Println"},
		{"package main\n\nfunc main() {\n\tanswerOfAll := 42\n\t_ = answ|\n}\n", "answerOfAll"},
		{"package main\n\nvar answerOfAll = 42\n\nfunc main() {\n\tansw|\n}\n", "answerOfAll"},
		{"package main\n\ntype T struct{ Scheme, scale int }\n\nfunc main() {\n\t_ = T{Sc|}\n}\n", "Scheme scale"},
		{"package main\n\ntype T struct{}\n\nfunc (T) Run() {}\n\nfunc main() {\n\tvar t T\n\tt.|\n}\n", "Run"},
		{imports + "func main() {\n\t_ = cnet.Config{Sch|}\n}\n", "Scheme"},
		{imports + "func main() {\n\tSetSch|\n}\n", "SetScheme"},
		{"package main\n\nfunc main() {\n\tstrings.ToU|\n}\n", "ToUpper ToUpperSpecial"},
		{"package main\n\nfunc main() {\n\tstrin|\n}\n", "string strings"},
		{"package main\n\nfunc main() {\n\tnotebook.SetSch|\n}\n", "SetScheme"},
		{"package main\n\nfunc time() {}\n\nfunc main() {\n\ttim|\n}\n", "time"},
		{"package main\n\nimport \"text/templ|\"\n", ""},
		{"package main\r\n\r\nfunc main() {\r\n\tβ := \"😀\"; fmt.Printl|\r\n}\r\n", "Println"},
		{"package main\n\nimport \"no/such/package\"\n\nfunc main() {\n\tfmt.Printl|\n}\n", "Println"},
		{"package main\n\nfunc main() {\n\tfmt.Printl|\n}\n", "Println"},
	} {
		text, offset := cut(t, q.marked)
		got, err := c.Complete(testContext(t), text, offset)
		if err != nil {
			t.Fatalf("%q: %v", q.marked, err)
		}
		names := strings.Fields(texts(got))
		slices.Sort(names)
		if strings.Join(names, " ") != q.want {
			t.Errorf("%q: %q, want %q", q.marked, names, q.want)
		}
	}
	for _, q := range []struct{ marked, want string }{
		{imports + "func main() {\n\tfmt.Prin|tln(1)\n}\n", "func fmt.Println(a ...any)"},
		{imports + "func main() {\n\tfmt.Println(1, |\n}\n", "func fmt.Println(a ...any)"},
		{imports + "func main() {\n\tSetScheme(|\n}\n", "func SetScheme(run *cnet.Run, name string)"},
		{imports + "func main() {\n\t_ = cnet.Config{|}\n}\n", "type Config struct"},
		{
			"package main\n\n// answer is known.\nvar answer = 42\n\nfunc main() {\n\tβ := answer|\n}\n",
			"answer is known",
		},
		{"package main\n\nfunc main() {\n\tunknown|\n}\n", ""},
		{"package main\n\n|func main() {\n}\n", ""},
	} {
		text, offset := cut(t, q.marked)
		got, found, err := c.Hover(testContext(t), text, offset)
		if err != nil {
			t.Fatalf("%q: %v", q.marked, err)
		}
		if found != (q.want != "") || !strings.Contains(got, q.want) {
			t.Errorf("%q: %q, %v, want %q", q.marked, got, found, q.want)
		}
	}
}
