package source

import (
	"cmp"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
)

// kind is what a top-level piece of a cell is.
type kind int

const (
	stmtPiece kind = iota
	packagePiece
	importPiece
	constPiece
	typePiece
	varPiece
	funcPiece
	commentPiece // no code at all
)

type tok struct {
	tok        token.Token
	start, end int
	lit        string
}

// piece is a top-level declaration or statement. Pieces lie one after the other and leave no gap.
type piece struct {
	kind       kind
	start, end int  // with the comments and blank lines that belong to it
	from, to   int  // the code alone, without a semicolon that ends it
	stop       int  // the end of the code with that semicolon
	semi       bool // a written semicolon ends it
	toks       []tok
	open       []tok // brackets that are never closed
	stray      bool  // a bracket closes what was not open
}

// split takes src[start:end] apart into top-level pieces. It never fails: text that is not Go becomes pieces too, and
// the compiler has the last word.
func split(src string, start, end int) []piece {
	toks, comments, _ := scan(src, start, end)
	var pieces []piece
	var cur piece
	var open []tok
	flush := func(semicolon *tok) {
		cur.from, cur.to = cur.toks[0].start, cur.toks[len(cur.toks)-1].end
		cur.kind, cur.stop, cur.open = classify(cur.toks), cur.to, open
		if semicolon != nil && semicolon.lit == ";" {
			cur.stop, cur.semi = semicolon.end, true
		}
		pieces = append(pieces, cur)
		cur, open = piece{}, nil
	}
	for _, t := range toks {
		if t.tok == token.SEMICOLON && len(open) == 0 {
			switch {
			case len(cur.toks) == 0: // an empty statement
				pieces = append(pieces, piece{from: t.start, to: t.start, stop: t.end, semi: true, toks: []tok{t}})
			case t.lit == ";" && inHeader(src, cur.toks):
				cur.toks = append(cur.toks, t)
			default:
				flush(&t)
			}
			continue
		}
		if t.tok == token.SEMICOLON && t.lit != ";" {
			continue
		}
		cur.toks = append(cur.toks, t)
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			open = append(open, t)
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if n := len(open); n == 0 {
				cur.stray = true
			} else {
				cur.stray = cur.stray || !matches(open[n-1].tok, t.tok)
				open = open[:n-1]
			}
		}
	}
	if len(cur.toks) > 0 {
		flush(nil)
	}
	return spread(src, start, end, pieces, comments)
}

// scan returns the tokens and the comments of src[start:end].
func scan(src string, start, end int) (toks, comments []tok, errs scanner.ErrorList) {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, end-start)
	s.Init(file, []byte(src[start:end]), errs.Add, scanner.ScanComments)
	for {
		pos, t, lit := s.Scan()
		if t == token.EOF {
			return toks, comments, errs
		}
		from := start + file.Offset(pos)
		n := len(lit)
		if n == 0 {
			n = len(t.String())
		}
		k := tok{t, from, min(from+n, end), lit}
		if t == token.COMMENT {
			comments = append(comments, k)
		} else {
			toks = append(toks, k)
		}
	}
}

func matches(open, closing token.Token) bool {
	return open == token.LPAREN && closing == token.RPAREN || open == token.LBRACK && closing == token.RBRACK ||
		open == token.LBRACE && closing == token.RBRACE
}

// inHeader reports whether a semicolon after toks belongs to the header of a for, if or switch: the text before it is
// no statement of its own.
func inHeader(src string, toks []tok) bool {
	first, last := toks, toks[len(toks)-1]
	for len(first) > 2 && first[0].tok == token.IDENT && first[1].tok == token.COLON {
		first = first[2:]
	}
	room := 1 // semicolons that the header may have
	switch first[0].tok {
	case token.FOR:
		room = 2
	case token.IF, token.SWITCH:
	default:
		return false
	}
	depth := 0
	for _, t := range slices.Backward(toks) {
		switch t.tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth++
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth--
		}
		if depth == 0 && t.tok == token.ELSE {
			break // the header of another if
		}
		if depth == 0 && t.tok == token.SEMICOLON {
			room--
		}
	}
	return room > 0 && (last.tok != token.RBRACE || parseStmts(src[toks[0].start:last.end]) != nil)
}

// classify returns the kind of a piece, judged by its first tokens.
func classify(toks []tok) kind {
	switch toks[0].tok {
	case token.PACKAGE:
		return packagePiece
	case token.IMPORT:
		return importPiece
	case token.CONST:
		return constPiece
	case token.TYPE:
		return typePiece
	case token.VAR:
		return varPiece
	case token.FUNC:
		if isFuncDecl(toks[1:]) {
			return funcPiece
		}
	}
	return stmtPiece
}

// isFuncDecl distinguishes `func Name` and `func (r T) Name(` from a literal, which may be `func(a T) Result {`.
func isFuncDecl(after []tok) bool {
	if len(after) == 0 || after[0].tok == token.IDENT {
		return true
	}
	if after[0].tok != token.LPAREN {
		return false
	}
	depth := 0
	for i, t := range after {
		switch t.tok {
		case token.LPAREN:
			depth++
		case token.RPAREN:
			depth--
		}
		if depth == 0 {
			after = after[i+1:]
			return len(after) > 0 && after[0].tok == token.IDENT && (len(after) == 1 || after[1].tok == token.LPAREN)
		}
	}
	return false
}

// spread gives every byte of [start, end) to a piece. A comment goes with the piece on whose line it starts, if nothing
// else follows on that line, or else with the piece that follows.
func spread(src string, start, end int, pieces []piece, comments []tok) []piece {
	if len(pieces) == 0 {
		return []piece{{kind: commentPiece, start: start, end: end, from: end, to: end, stop: end}}
	}
	pieces[0].start = start
	for i := range pieces {
		p := &pieces[i]
		if i == len(pieces)-1 {
			p.end = end
			break
		}
		p.end = boundary(src, p.stop, pieces[i+1].from, comments)
		pieces[i+1].start = p.end
	}
	return pieces
}

// boundary returns the offset at which a piece whose code ends at after stops, when the code of the next starts at
// next.
func boundary(src string, after, next int, comments []tok) int {
	pos := after
	first, _ := slices.BinarySearchFunc(comments, after,
		func(c tok, offset int) int { return cmp.Compare(c.start, offset) })
	for _, c := range comments[first:] {
		if c.start >= next || strings.Contains(src[pos:c.start], "\n") {
			break
		}
		pos = c.end
	}
	if i := strings.IndexByte(src[pos:next], '\n'); i >= 0 {
		return pos + i + 1
	}
	return after
}
