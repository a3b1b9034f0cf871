package source

import (
	"errors"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"
	"unicode/utf8"
)

// Complete answers Jupyter's is_complete_request: whether a cell is "complete", "incomplete" or "invalid", which means
// that no more text can cure it. For an incomplete cell indent is the white space to start the next line with.
func Complete(cell string) (status, indent string) {
	_, cell = AfterBlankLines(cell)
	t := read(cell)
	if t.magic {
		return "complete", ""
	}
	if !utf8.ValidString(cell) {
		return "invalid", ""
	}
	if t.lines[len(t.lines)-1].continues {
		return "incomplete", ""
	}
	c := takeApart(t)
	if _, _, errs := scan(t.src, 0, len(t.src)); len(errs) > 0 {
		for _, e := range errs {
			if e.Msg != "raw string literal not terminated" && e.Msg != "comment not terminated" {
				return "invalid", ""
			}
		}
		return "incomplete", ""
	}
	for _, p := range c.pieces {
		if p.stray {
			return "invalid", ""
		}
	}
	last := c.pieces[len(c.pieces)-1]
	status = "complete"
	check := func(head, code, tail string, isLast bool) {
		s := judge(head, code, tail)
		if s == "incomplete" && !isLast {
			s = "invalid"
		}
		if s != "complete" && status != "invalid" {
			status = s
		}
	}
	for _, p := range c.decls {
		if p.kind != commentPiece && p.kind != packagePiece {
			check(declHead, t.slice(p.from, p.stop), "\n", p.start == last.start)
		}
	}
	var body []string
	for _, p := range c.stmts {
		if p.kind != commentPiece {
			body = append(body, t.slice(p.start, p.stop))
		}
	}
	if len(body) > 0 {
		check(stmtsHead, strings.Join(body, "\n"), stmtsTail, c.stmts[len(c.stmts)-1].start == last.start)
	}
	if status == "incomplete" {
		indent = nextIndent(t.src, last)
	}
	return status, indent
}

// judge parses code between head and tail. What is wrong only where the code ends, more code may cure.
func judge(head, code, tail string) string {
	if _, err := parser.ParseFile(token.NewFileSet(), "", head+code+tail, parser.SkipObjectResolution); err == nil {
		return "complete"
	}
	_, err := parser.ParseFile(token.NewFileSet(), "", head+code, parser.SkipObjectResolution)
	var errs scanner.ErrorList
	if errors.As(err, &errs) && errs[0].Pos.Offset < len(head)+len(code) {
		return "invalid"
	}
	return "incomplete"
}

// nextIndent returns the indentation of a line after an unfinished piece, as gofmt would have it: one tab for each line
// that leaves brackets open, one more after an operator.
func nextIndent(src string, p piece) string {
	if len(p.toks) == 0 {
		return ""
	}
	begin := strings.LastIndexByte(src[:p.from], '\n') + 1
	indent := src[begin:p.from]
	indent = indent[:len(indent)-len(strings.TrimLeft(indent, " \t"))]
	for i, o := range p.open {
		if i == 0 || strings.Contains(src[p.open[i-1].start:o.start], "\n") {
			indent += "\t"
		}
	}
	if last := p.toks[len(p.toks)-1].tok; last.IsOperator() && continues(last) {
		indent += "\t"
	}
	return indent
}

// continues reports whether an operator wants something on the next line.
func continues(t token.Token) bool {
	switch t {
	case token.LPAREN, token.LBRACK, token.LBRACE, token.RPAREN, token.RBRACK, token.RBRACE, token.COMMA, token.COLON,
		token.SEMICOLON, token.INC, token.DEC:
		return false
	}
	return true
}
