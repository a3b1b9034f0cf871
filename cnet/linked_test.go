package cnet

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A program that imports the package contains what it uses of it: a cell of a notebook is linked each time that it
// runs. What an init function or a package's variable reaches is in every program.
func TestLinksWhatIsUsed(t *testing.T) {
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	text := "package main\n\nimport \"continuousnet/cnet\"\n\nfunc main() { println(cnet.Config{}.Scheme) }\n"
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	symbols, err := exec.Command("go", "tool", "nm", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(symbols, []byte(" main.main\n")) {
		t.Fatal("the program's symbols cannot be read")
	}
	for line := range strings.Lines(string(symbols)) {
		if strings.Contains(line, " continuousnet/cnet.(*Run).") || strings.Contains(line, " continuousnet/cnet.Open") {
			t.Errorf("a program that opens no run contains %s", strings.TrimSpace(line))
		}
	}
}
