package program

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
)

// What stands in comments and still counts: directives for the compiler, and C code.

// moveDirected moves the cell's variables with directives to the second file. GoNB drops the comments of variables.
func (p *preparation) moveDirected() {
	for _, d := range p.cell.Decls {
		if d.Kind != "var" || !strings.Contains("\n"+d.Text, "\n//go:") {
			continue
		}
		for _, u := range p.file.units {
			if u.kind != token.VAR || u.key != d.Key || !u.kept {
				continue
			}
			at := p.file.fset.Position(u.node.Pos())
			for line := range strings.Lines(d.Text) {
				if patterns, ok := strings.CutPrefix(line, "//go:embed "); ok {
					for _, pattern := range embedPatterns(patterns) {
						p.result.Embeds = append(p.result.Embeds, Embed{pattern, at.Line, at.Column})
					}
				}
			}
			p.file.leaveOut(u)
			p.moved = append(p.moved, d.Text)
		}
	}
}

// embedPatterns splits the patterns of a go:embed directive, which may be quoted.
func embedPatterns(text string) []string {
	var list []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		if quoted, err := strconv.QuotedPrefix(text); err == nil {
			pattern, _ := strconv.Unquote(quoted)
			list, text = append(list, pattern), text[len(quoted):]
			continue
		}
		end := strings.IndexAny(text, " \t")
		if end < 0 {
			end = len(text)
		}
		list, text = append(list, text[:end]), text[end:]
	}
	return list
}

// embedImport returns the import that embedding needs.
func embedImport(moved []string) string {
	text := strings.Join(moved, "\n")
	switch {
	case strings.Contains(text, "embed.FS"):
		return `"embed"`
	case strings.Contains(text, "//go:embed"):
		return `_ "embed"`
	}
	return ""
}

// cgo puts the C code of the cells before the import of C, if the program uses it. It needs lines of its own; a line
// directive lets those behind it keep their numbers.
func (p *preparation) cgo() {
	var spec *ast.ImportSpec
	for _, i := range p.file.imports {
		if i.Path.Value == `"C"` && p.packages()["C"] {
			spec = i
		}
	}
	for _, d := range p.cell.Decls {
		if d.Kind == "import" && d.Key == "C" {
			p.result.preamble = d.Text
		}
	}
	preamble := p.result.preamble
	if preamble == "" {
		preamble = p.session.preamble
	}
	if spec == nil || preamble == "" {
		return
	}
	at := p.file.fset.Position(spec.Pos())
	p.result.C = &Error{at.Line, at.Column, ""}
	for _, d := range p.file.tree.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT && len(g.Specs) == 1 && g.Specs[0] == spec &&
			!g.Lparen.IsValid() {
			p.file.blank(g.Pos(), g.End())
		}
	}
	p.file.blank(spec.Pos(), spec.End())
	line := p.file.fset.Position(p.file.tree.Name.End()).Line
	p.insert(p.file.tree.Name.End(), "\n\n"+preamble+"\n//line main.go:"+strconv.Itoa(line+1))
}
