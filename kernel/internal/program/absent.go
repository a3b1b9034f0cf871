package program

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// absent adds an error for every import of the cell that was left out, or never put into GoNB's file, as nothing uses
// it, if there is no such package. Of those that are used the compiler says it. composed is GoNB's file before anything
// was left out.
func (p *preparation) absent(composed *file) {
	used := map[string]bool{}
	for _, s := range composed.imports {
		if importPath, err := strconv.Unquote(s.Path.Value); err == nil &&
			p.file.text[composed.offset(s.Path.Pos())] != ' ' {
			used[importPath] = true
		}
	}
	for _, d := range p.cell.Decls {
		if d.Kind != "import" || len(d.Names) == 0 { // dot and blank imports are never left out
			continue
		}
		importPath, err := strconv.Unquote(d.Text[strings.IndexByte(d.Text, '"'):])
		if err != nil || importPath == "C" || used[importPath] {
			continue
		}
		if reason := p.session.exports.Absent(p.ctx, p.cell.Dir, importPath); reason != "" {
			p.result.Errors = append(p.result.Errors, Error{Text: reason})
		}
	}
}

// Absent returns why a package cannot be imported, in the words of the go command, "" if it can. Nothing is compiled.
func (e *Exports) Absent(ctx context.Context, dir, importPath string) string {
	e.mu.Lock()
	known := e.dir == dir && e.files[importPath] != ""
	e.mu.Unlock()
	root := filepath.Join(filepath.Dir(filepath.Dir(e.Go)), "src", filepath.FromSlash(importPath))
	if files, err := filepath.Glob(filepath.Join(root, "*.go")); known || importPath == "unsafe" ||
		err == nil && len(files) > 0 && !internal(importPath) {
		return ""
	}
	const format = "{{with .Error}}{{.Err}}{{end}}"
	cmd := exec.CommandContext(ctx, e.Go, "list", "-e", "-find", "-f", format, "--", importPath)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, e.Env(), interruptTime
	out, err := cmd.Output()
	if err != nil {
		return "" // whatever keeps the go command from answering is said when the cell is built
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
	return string(first)
}
