package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What the documents say can be typed, compiled and opened. The stories are run as well: see stories_test.go.

// checkout is the root of the repository.
func checkout(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// documents returns the Markdown files of the repository by their paths in it.
func documents(t *testing.T) map[string]string {
	t.Helper()
	root := checkout(t)
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (path != root && strings.HasPrefix(e.Name(), ".") || e.Name() == "bin" ||
			e.Name() == "results" || e.Name() == "testdata"):
			return fs.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		texts[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "GUIDE.md", "CONTRIBUTING.md", "kernel/README.md"} {
		if texts[name] == "" {
			t.Fatalf("%s is missing", name)
		}
	}
	return texts
}

// typedWords splits a command line as a shell does, as far as the documents need it: quotes, and where the command
// ends, at a comment, a pipe or a redirection.
func typedWords(line string) (list []string) {
	for _, quoted := range regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`).FindAllString(line, -1) {
		if quoted == "|" || quoted == "&&" || strings.HasPrefix(quoted, "#") || strings.HasPrefix(quoted, ">") {
			break
		}
		list = append(list, strings.NewReplacer(`'`, "", `"`, "").Replace(strings.TrimSuffix(quoted, ";")))
	}
	return list
}

// wrong returns what the program would say of a command line before it does anything.
func wrong(args []string) error {
	a := &app{out: &output{}}
	root := a.root()
	own, given := ownNames(root, args)
	cmd, rest, err := root.Find(own)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); errors.Is(err, pflag.ErrHelp) {
		return nil
	} else if err != nil {
		return flagError(cmd, err)
	}
	if err := a.contradiction(cmd, given); err != nil {
		return err
	}
	rest = cmd.Flags().Args()
	if cmd.HasSubCommands() && len(rest) > 0 {
		return a.group(cmd, rest)
	}
	if err := cmd.ValidateArgs(rest); err != nil || cmd.Name() != "train" {
		return err
	}
	var list []*setting
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if s, ok := f.Value.(*setting); ok {
			list = append(list, s)
		}
	})
	_, err = newConfig(list, 0)
	return err
}

// unknown returns an error if the program has no such command, or the command no such flag. Texts leave out arguments,
// and have words such as NAME in the place of values.
func unknown(args []string) error {
	cmd, rest, err := (&app{out: &output{}}).root().Find(args)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	for _, word := range rest {
		if name, ok := strings.CutPrefix(word, "--"); ok && flagNamed(cmd, name) == nil {
			return fmt.Errorf("%s has no flag --%s", cmd.CommandPath(), name)
		} else if !ok && cmd.HasSubCommands() && word != "COMMAND" {
			return fmt.Errorf("there is no command %s %s", cmd.CommandPath(), word)
		}
	}
	return nil
}

// theirData makes the data sets that the documents speak of, as far as a command line is checked against them.
func theirData(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range []string{
		"photos/birds/train/owl/1.png", "photos/left/1.png", "pets.csv", "houses.csv",
		"data/cifar-10-batches-py/data_batch_1", "data/cifar-10-batches-py/test_batch",
		"data/cifar-10-batches-bin/data_batch_1.bin", "data/cifar-10-batches-bin/test_batch.bin",
		"cifar-10-batches-py/data_batch_1", "cifar-10-batches-py/test_batch",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// The program takes each command line of the documents: the commands and flags are there, the values are possible.
func TestCommandLinesOfDocuments(t *testing.T) {
	texts := documents(t)
	theirData(t)
	line := regexp.MustCompile(`(?m)^    bin/cnet .*`)
	inText := regexp.MustCompile("`(?:bin/)?cnet\\s[^`]*`")
	lines, mentions := 0, 0
	for name, text := range texts {
		check := func(command string, of func(args []string) error) {
			_, args, _ := strings.Cut(strings.ReplaceAll(command, "~/", ""), "cnet")
			if err := of(typedWords(args)); err != nil {
				t.Errorf("%s: %s\n%v", name, strings.TrimSpace(command), err)
			}
		}
		for _, command := range line.FindAllString(text, -1) {
			lines++
			check(command, wrong)
		}
		for _, command := range inText.FindAllString(text, -1) {
			mentions++
			check(strings.Trim(command, "`"), unknown)
		}
	}
	if lines < 40 || mentions < 20 {
		t.Errorf("only %d command lines and %d in texts were found", lines, mentions)
	}
}

// So it takes the examples in its own help.
func TestExamplesOfHelp(t *testing.T) {
	theirData(t)
	examples := 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for line := range strings.Lines(strings.ReplaceAll(cmd.Example, "\\\n", "")) {
			command, ok := strings.CutPrefix(line, "  cnet ")
			if !ok {
				continue
			}
			examples++
			command = regexp.MustCompile(`(\S)  +\w.*`).ReplaceAllString(command, "$1") // what is said of it
			if err := wrong(typedWords(strings.ReplaceAll(command, "~/", ""))); err != nil {
				t.Errorf("%s --help: cnet %s\n%v", cmd.CommandPath(), strings.TrimSpace(command), err)
			}
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk((&app{out: &output{}}).root())
	if examples < 50 {
		t.Errorf("only %d examples were found", examples)
	}
}

// What the Go of the documents takes from elsewhere: packages by their names, and variables that the text speaks of.
var (
	packagesOfDocuments = map[string]string{
		"cnet": "continuousnet/cnet", "notebook": "continuousnet/cnet/notebook", "ode": "continuousnet/cnet/ode",
		"dataset": "continuousnet/cnet/dataset", "rate": "continuousnet/cnet/rate",
		"fmap":  "continuousnet/cnet/engine/fmap",
		"graph": "github.com/gomlx/gomlx/core/graph", "context": "context", "fmt": "fmt", "log": "log",
	}
	variablesOfDocuments = []string{
		"ctx context.Context", "run *cnet.Run", "pixels []uint8", "labels []int", "times, moreTimes []float64",
		"observed [][][]float64", "p ode.Problem",
	}
)

// The Go of the README, of the guide and of stiff.md compiles in a module that requires this one, each block as the
// body of a function.
func TestGoOfDocuments(t *testing.T) {
	texts := documents(t)
	blocks := regexp.MustCompile("(?s)\n```go\n(.*?)```")
	imports := regexp.MustCompile(`(?s)^import \(.*?\n\)\n`)
	var bodies []string
	for _, name := range []string{"README.md", "GUIDE.md", "cnet/ode/stiff.md"} {
		for _, found := range blocks.FindAllStringSubmatch(texts[name], -1) {
			body := imports.ReplaceAllString(found[1], "")
			where := fmt.Sprintf("%s: block %d", name, len(bodies)+1)
			bodies = append(bodies, "func _() { // "+where+"\n"+body+used(t, where, body)+"}\n")
		}
	}
	if len(bodies) < 10 {
		t.Fatalf("only %d blocks of Go were found", len(bodies))
	}
	text := strings.Join(bodies, "\n") + "\nvar (\n\t" + strings.Join(variablesOfDocuments, "\n\t") + "\n)\n"
	var program bytes.Buffer
	program.WriteString("package documents\n\n")
	for name, path := range packagesOfDocuments {
		if regexp.MustCompile(`\b` + name + `\.`).MatchString(text) {
			fmt.Fprintf(&program, "import %q\n", path)
		}
	}
	program.WriteString(text)
	source := filepath.Join(t.TempDir(), "documents.go")
	if err := os.WriteFile(source, program.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-gcflags=-e", source).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, program.String())
	}
}

// used returns statements that use the variables of a body, which the compiler asks for.
func used(t *testing.T, where, body string) (text string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), where, "package p\nfunc _() {\n"+body+"}\n", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range file.Decls[0].(*ast.FuncDecl).Body.List {
		assign, ok := s.(*ast.AssignStmt)
		if !ok || assign.Tok != token.DEFINE {
			continue
		}
		for _, x := range assign.Lhs {
			text += "\t_ = " + x.(*ast.Ident).Name + "\n"
		}
	}
	return text
}

// Links within the repository lead somewhere, to the heading as well; so do the paths that the documents name.
func TestLinksOfDocuments(t *testing.T) {
	root, texts := checkout(t), documents(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	named := regexp.MustCompile("`((?:cnet|kernel|internal|notebooks|assets|\\.binder)/[\\w./-]+)`")
	links := 0
	for name, text := range texts {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			links++
			path, anchor, _ := strings.Cut(found[1], "#")
			target := name
			if path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(name), path))
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, found[1])
			} else if anchor != "" && !slices.Contains(headings(texts[target]), anchor) {
				t.Errorf("%s: %s has no heading #%s", name, target, anchor)
			}
		}
		for _, found := range named.FindAllStringSubmatch(text, -1) {
			if name == "CHANGELOG.md" {
				break // it also speaks of what is gone
			}
			if _, err := os.Stat(filepath.Join(root, found[1])); err != nil {
				t.Errorf("%s: there is no %s", name, found[1])
			}
		}
	}
	if links < 40 {
		t.Errorf("only %d links were found", links)
	}
}

// headings returns the anchors that a Markdown file has on the usual sites.
func headings(text string) (anchors []string) {
	for _, found := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		anchor := regexp.MustCompile(`[^\p{L}\p{N}\s_-]`).ReplaceAllString(strings.ToLower(found[1]), "")
		anchors = append(anchors, strings.ReplaceAll(anchor, " ", "-"))
	}
	return anchors
}

// The targets of make, the tests and the benchmarks that the documents name are there.
func TestNamesInDocuments(t *testing.T) {
	root, texts := checkout(t), documents(t)
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	functions := testFunctions(t, root)
	target := regexp.MustCompile("(?m)(?:`|^    )make ([a-z-]+)")
	function := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`)
	targets, tests := 0, 0
	for name, text := range texts {
		for _, found := range target.FindAllStringSubmatch(text, -1) {
			targets++
			if !regexp.MustCompile(`(?m)^` + found[1] + `:`).Match(makefile) {
				t.Errorf("%s: the Makefile has no %s", name, found[1])
			}
		}
		for _, found := range function.FindAllString(text, -1) {
			tests++
			if !strings.Contains(functions, " "+found) {
				t.Errorf("%s: there is no %s", name, found)
			}
		}
	}
	if targets < 20 || tests < 15 {
		t.Errorf("only %d targets and %d tests were found", targets, tests)
	}
}

// testFunctions returns the names of all tests of the repository with a space before each.
func testFunctions(t *testing.T, root string) string {
	t.Helper()
	var names strings.Builder
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && path != root && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		for _, found := range declared.FindAllSubmatch(text, -1) {
			fmt.Fprintf(&names, " %s", found[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names.String()
}
