package source

import (
	"go/token"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// commandStart reports whether a line is a command if a statement may begin there: % before a name or a second %, or !
// before anything, or a question.
func commandStart(line string) bool {
	if len(line) < 2 {
		return false
	}
	if strings.Contains(line, "?") {
		if _, ok := Question(line); ok {
			return true
		}
	}
	next, _ := utf8.DecodeRuneInString(line[1:])
	return line[0] == '!' || line[0] == '%' && (next == '%' || next == '_' || unicode.IsLetter(next))
}

// question is a line that asks for the documentation of a name: of Go, with a dot or without, or of a command.
var question = regexp.MustCompile(`^\s*(\?{0,2})\s*((?:%{0,2}[\pL_][\pL\pN_]*)(?:\.[\pL_][\pL\pN_]*)*)\s*(\?{0,2})\s*$`)

// Question returns the name that a line asks about, as IPython has it: NAME?, NAME?? or ?NAME.
func Question(line string) (name string, ok bool) {
	m := question.FindStringSubmatch(line)
	if m == nil || m[1] == "" && m[3] == "" {
		return "", false
	}
	return m[2], true
}

// commandScanner follows the Go code between lines that may be commands. Such a line is one where a statement may
// begin, and Go code elsewhere: in a raw string or a comment, or where an expression goes on.
type commandScanner struct {
	mode   mode
	open   []bracket
	last   token.Token // the last token: IDENT for names and literals; ILLEGAL at the start
	header bool        // a keyword before the block that { opens: if, for, func, ...
}

// mode is what the scanner is in the middle of.
type mode int

const (
	inCode mode = iota
	inRawString
	inComment // of the kind that may have many lines
)

// bracket is one that is open.
type bracket struct {
	char    byte
	literal bool // { of a composite literal
	header  bool // of what stands before it
}

// statementMayBegin reports whether the line after what was scanned can be a command.
func (s *commandScanner) statementMayBegin() bool {
	if s.mode != inCode {
		return false
	}
	if n := len(s.open); n > 0 && (s.open[n-1].char != '{' || s.open[n-1].literal) {
		return false
	}
	switch s.last {
	case token.ILLEGAL, token.IDENT, token.SEMICOLON, token.LBRACE, token.RBRACE, token.RPAREN, token.RBRACK,
		token.COLON, token.INC, token.DEC, token.RETURN, token.BREAK, token.CONTINUE, token.FALLTHROUGH:
		return true
	}
	return false
}

// line scans a line, without its end.
func (s *commandScanner) line(l string) {
	for i := 0; i < len(l); {
		switch s.mode {
		case inRawString:
			end := strings.IndexByte(l[i:], '`')
			if end < 0 {
				return
			}
			i += end + 1
			s.mode, s.last = inCode, token.IDENT
			continue
		case inComment:
			end := strings.Index(l[i:], "*/")
			if end < 0 {
				return
			}
			i += end + 2
			s.mode = inCode
			continue
		}
		r, size := utf8.DecodeRuneInString(l[i:])
		switch {
		case strings.HasPrefix(l[i:], "//"):
			i = len(l)
		case strings.HasPrefix(l[i:], "/*"):
			s.mode = inComment
			i += 2
		case r == '`':
			s.mode = inRawString
			i++
		case r == '"' || r == '\'':
			i = quoted(l, i)
			s.last = token.IDENT
		case isWordRune(r):
			end := i
			for end < len(l) {
				r, size := utf8.DecodeRuneInString(l[end:])
				if !isWordRune(r) {
					break
				}
				end += size
			}
			s.word(l[i:end])
			i = end
		default:
			i += s.operator(l[i:], size)
		}
	}
	if s.mode == inCode && s.statementMayBegin() && s.last != token.LBRACE && s.last != token.COLON {
		s.header = false // the line's end is that of a statement
		if s.last != token.ILLEGAL {
			s.last = token.SEMICOLON
		}
	}
}

func isWordRune(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// quoted returns the offset after the string or rune that begins at l[i]; it ends with the line if nothing else does.
func quoted(l string, i int) int {
	quote := l[i]
	for i++; i < len(l); i++ {
		switch l[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		}
	}
	return len(l)
}

func (s *commandScanner) word(w string) {
	s.last = token.Lookup(w)
	switch s.last {
	case token.IF, token.FOR, token.SWITCH, token.SELECT, token.FUNC, token.STRUCT, token.INTERFACE, token.ELSE:
		s.header = true
	}
}

// operator takes in what is neither a word nor a literal, and returns its length.
func (s *commandScanner) operator(rest string, size int) int {
	switch c := rest[0]; c {
	case ' ', '\t', '\r':
	case '(', '[':
		s.open = append(s.open, bracket{char: c, header: s.header})
		s.header, s.last = false, token.LPAREN
	case '{':
		within := len(s.open) > 0 && s.open[len(s.open)-1].literal
		after := s.last == token.IDENT || s.last == token.RBRACK || s.last == token.RBRACE || within
		s.open = append(s.open, bracket{char: c, literal: after && !s.header && s.last != token.SEMICOLON})
		s.header, s.last = false, token.LBRACE
	case ')', ']', '}':
		if n := len(s.open); n > 0 {
			s.header = s.open[n-1].header
			s.open = s.open[:n-1]
		}
		s.last = map[byte]token.Token{')': token.RPAREN, ']': token.RBRACK, '}': token.RBRACE}[c]
	case ';':
		// The header of a for or if goes on.
		s.last = token.SEMICOLON
	case ':':
		s.last = token.COLON
		if strings.HasPrefix(rest, ":=") {
			s.last = token.DEFINE
			return 2
		}
	case ',':
		s.last = token.COMMA
	case '+', '-':
		if len(rest) > 1 && rest[1] == c {
			s.last = token.INC
			return 2
		}
		s.last = token.ADD
	default:
		s.last = token.ADD // some operator: an expression goes on
	}
	return size
}
