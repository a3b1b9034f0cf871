package gopls

import (
	"context"
	"go/token"
)

// Hover explains the name at, or just before, the offset, as Markdown: its declaration and documentation. Between the
// parentheses of a call, or the braces of a composite literal, and not on a name, it is the function or the type. Not
// found is no error. Errors are those of Complete.
func (c *Client) Hover(ctx context.Context, text string, offset int) (markdown string, found bool, err error) {
	ctx, done := c.begin(ctx, "hover")
	defer done()
	for _, at := range subjects(text, offset) {
		var hover struct{ Contents struct{ Value string } }
		if _, err := c.ask(ctx, "textDocument/hover", text, at, &hover); err != nil {
			return "", false, err
		}
		if hover.Contents.Value != "" {
			return hover.Contents.Value, true, nil
		}
	}
	return "", false, nil
}

// subjects returns the offsets of the names that a question at this offset may be about, the nearest first: the name
// there, then the function or type whose brackets it is in.
func subjects(text string, offset int) []int {
	if offset < 0 || offset > len(text) {
		return []int{offset} // for the error that asking gives
	}
	words := wordsBefore(text, offset)
	var found []int
	if start, end := identifierAround(text, offset); start < end && (len(words) > 0 || start == offset) {
		if token.IsIdentifier(text[start:end]) && !inLiteral(text, words, offset) {
			found = append(found, start)
		}
	}
	if i := len(words) - 1; len(found) == 0 && i > 0 && words[i].tok == token.PERIOD && words[i-1].tok == token.IDENT {
		found = append(found, words[i-1].start)
	}
	if start, ok := enclosing(words); ok {
		found = append(found, start)
	}
	return found
}

// inLiteral reports whether the offset is inside of a string or a character, which may not be closed yet.
func inLiteral(text string, words []word, offset int) bool {
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	if last.tok != token.STRING && last.tok != token.CHAR {
		return false
	}
	closed := last.end-last.start > 1 && text[last.end-1] == text[last.start]
	return offset < last.end || offset == last.end && !closed
}

// enclosing returns the name before the innermost open parenthesis, or before the open brace of a composite literal.
func enclosing(words []word) (start int, ok bool) {
	depth := 0
	for i := len(words) - 1; i > 0; i-- {
		switch words[i].tok {
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth++
		case token.LPAREN, token.LBRACE, token.LBRACK:
			if depth > 0 {
				depth--
				continue
			}
			name := words[i-1]
			isName := name.tok == token.IDENT
			switch {
			case words[i].tok == token.LBRACK:
				continue // an index: what it is in counts
			case words[i].tok == token.LPAREN && isName:
				return name.start, true
			case words[i].tok == token.LBRACE && isName && name.end == words[i].start:
				return name.start, true // "T{" is a literal, "x {" opens a block
			case words[i].tok == token.LBRACE:
				return 0, false
			}
		}
	}
	return 0, false
}
