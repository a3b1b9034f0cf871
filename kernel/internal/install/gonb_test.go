package install

import (
	"bytes"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"continuousnet/kernel/internal/program"
)

// GoNB in the pinned version is the one that is changed.
func TestChangesOfGoNB(t *testing.T) {
	for _, c := range []struct {
		file, has string
		change    change
	}{
		{composeFile, "updatedDecls = s.reached()", composeReached},
		{mainFile, program.FlagsCall, callFlags},
		{wasmFile, `"lib", "wasm"`, wasmScript},
		{storeFile, "s.Definitions.MergeFrom(updatedDecls)", storeAll},
	} {
		changed := changedFile(t, c.file, c.has, c.change)
		// Once more it is not the text that is known.
		for _, text := range [][]byte{nil, changed} {
			if _, err := c.change(text); err == nil || !strings.Contains(err.Error(), gonbModule) {
				t.Errorf("%.40q: %v", text, err)
			}
		}
	}
}

// changedFile returns a file of GoNB in the pinned version with a change, which has a text by that, and is Go.
func changedFile(t *testing.T, file, has string, change change) []byte {
	t.Helper()
	changed, err := change(pinnedFile(t, gonbModule, file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), file, changed, 0); err != nil {
		t.Error(err)
	}
	if !bytes.Contains(changed, []byte(has)) {
		t.Errorf("%s is not changed", file)
	}
	return changed
}

// As much of GoNB as composeReached, callFlags, storeAll and wasmScript look at.
const (
	composing = "package goexec\n\nimport (\n\t\"os\"\n)\n\n" +
		"func compose() {\n\tupdatedDecls = s.Definitions.Copy()\n\tstub = \"func main() { flag.Parse() }\"\n}\n"
	calling = "package goexec\n\nfunc write() {\n\tw.Write(\"func main() {\\n\\tflag.Parse()\\n\")\n" +
		"\tw.Write(`func main() {\n\tflag.Parse()\n`)\n}\n"
	starting = "package goexec\n\nvar script = path.Join(root, \"misc\", \"wasm\", \"wasm_exec.js\")\n"
	storing  = "package goexec\n\nfunc execute() {\n\ts.Definitions = updatedDecls\n}\n"
)
