package source

import (
	"go/scanner"
	"go/token"
	"strings"
	"unicode"
	"unicode/utf8"
)

// magics are the first words of cells that hold no Go: GoNB's, and the kernel's own, which do not reach GoNB.
var magics = map[string]bool{"%%writefile": true, "%%script": true, "%%bash": true, "%%sh": true, "%%gx": true,
	"%%html": true, "%%markdown": true, "%%md": true, "%%svg": true, "%%latex": true, "%%javascript": true}

// AfterBlankLines cuts a cell before its first line that is not blank. Commands of the first line may stand there.
func AfterBlankLines(cell string) (blank, rest string) {
	rest = strings.TrimLeftFunc(cell, unicode.IsSpace)
	at := strings.LastIndexByte(cell[:len(cell)-len(rest)], '\n') + 1
	return cell[:at], cell[at:]
}

// gonbPrefix may stand before a special command, so that a Go editor takes the line for a comment.
const gonbPrefix = "//gonb:"

// Command is a special command of a cell.
type Command struct {
	Line  int    // the 0-based line on which it begins
	Lines int    // the number of its lines, each but the last with a backslash at its end
	Text  string // without the backslashes
}

// Commands returns the special commands of a cell. A cell in another language has one, its first line.
func Commands(cell string) []Command {
	t := read(cell)
	if t.magic {
		return []Command{{0, 1, t.command(0)}}
	}
	var list []Command
	for i, text := range t.special {
		c := Command{t.at[i], 1, text}
		for t.lines[c.Line+c.Lines-1].continues && c.Line+c.Lines < len(t.lines) {
			c.Lines++
		}
		list = append(list, c)
	}
	return list
}

// line is one line of a cell: the bytes [start, end), without the line end.
type line struct {
	start, end int
	special    bool // a command of GoNB, or the continuation of one
	blanked    bool // a special line that GoNB must not see
	continues  bool // a special line whose command takes the next line too

	looksSpecial bool // a line of Go that GoNB would take for a command
	inString     bool // it begins within a raw string
}

// text is a cell taken apart into lines.
type text struct {
	cell    string // the cell with "\n" line ends
	src     string // the cell as the Go scanner may see it: as long as cell, special lines blanked
	lines   []line
	special []string // the special commands, continuation lines joined as GoNB joins them
	at      []int    // the first line of each
	magic   bool     // the first line is one of magics

	main                      int    // the line that opens func main, -1 if there is none
	body                      int    // the first line after main and its continuations
	args                      string // what the last %args has after its name
	exec, test, wasm, capture bool
}

func read(cell string) *text {
	t := &text{cell: strings.ReplaceAll(cell, "\r\n", "\n"), main: -1}
	start := 0
	for l := range strings.SplitSeq(t.cell, "\n") {
		t.lines = append(t.lines, line{start: start, end: start + len(l)})
		start += len(l) + 1
	}
	if words := strings.Fields(t.command(0)); len(words) > 0 && magics[words[0]] {
		t.magic = true
		return t
	}
	var code commandScanner
	for i := 0; i < len(t.lines); {
		c := t.command(i)
		if commandStart(c) && code.statementMayBegin() {
			i = t.readSpecial(i)
			continue
		}
		l := t.cell[t.lines[i].start:t.lines[i].end]
		t.lines[i].looksSpecial = len(c) > 1 && (c[0] == '%' || c[0] == '!')
		t.lines[i].inString = code.mode == inRawString
		code.line(l)
		i++
	}
	t.src = t.scannable()
	t.disarmLines()
	return t
}

// disarmLines makes plain comments of line directives, of the same length: GoNB dies of some, and errors would name
// lines that the cell does not have.
func (t *text) disarmLines() {
	if !strings.Contains(t.src, "//line ") && !strings.Contains(t.src, "/*line ") {
		return
	}
	set := token.NewFileSet()
	file := set.AddFile("", -1, len(t.src))
	var s scanner.Scanner
	s.Init(file, []byte(t.src), nil, scanner.ScanComments)
	cell, src := []byte(t.cell), []byte(t.src)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			break
		}
		if tok == token.COMMENT && strings.HasPrefix(lit[2:], "line ") {
			at := file.Offset(pos) + len("//")
			cell[at], src[at] = 'L', 'L'
		}
	}
	t.cell, t.src = string(cell), string(src)
}

// command returns line i without the prefix that hides a special command from editors.
func (t *text) command(i int) string {
	return strings.TrimPrefix(t.cell[t.lines[i].start:t.lines[i].end], gonbPrefix)
}

// readSpecial takes in the special command that starts on line i and returns the line after it.
func (t *text) readSpecial(i int) int {
	first := i
	var joined strings.Builder
	opensMain := false
	for ; i < len(t.lines); i++ {
		c := t.command(i)
		t.lines[i].special = true
		opensMain = opensMain || isMain(c)
		before, continues := strings.CutSuffix(c, `\`)
		joined.WriteString(before)
		if !continues {
			i++
			break
		}
		t.lines[i].continues = true
		joined.WriteByte(' ')
	}
	command := joined.String()
	words := strings.Fields(command[1:])
	// GoNB dies of a command without a name, and of some cells with a second main.
	if len(words) == 0 || opensMain && t.main >= 0 {
		for k := first; k < i; k++ {
			t.lines[k].blanked = true
		}
		return i
	}
	t.special, t.at = append(t.special, command), append(t.at, first)
	if opensMain {
		t.main, t.body = first, i
	}
	if command[0] == '%' {
		t.exec = t.exec || strings.HasPrefix(command, "%exec")
		t.test = t.test || words[0] == "test"
		t.wasm = t.wasm || words[0] == "wasm"
		t.capture = t.capture || words[0] == "capture"
		if words[0] == "args" {
			_, t.args, _ = strings.Cut(command, "args")
		}
	}
	return i
}

// isMain reports whether GoNB opens func main at this line.
func isMain(command string) bool {
	return command == "%%" || strings.HasPrefix(command, "%% ") || strings.HasPrefix(command, "%%\t") ||
		strings.HasPrefix(command, "%main")
}

// scannable returns the cell for go/scanner. The scanner drops carriage returns from its literals and widens invalid
// UTF-8, which would make them longer or shorter than what they stand for: both are replaced.
func (t *text) scannable() string {
	src := []byte(t.cell)
	for _, l := range t.lines {
		if l.special {
			for i := l.start; i < l.end; i++ {
				src[i] = ' '
			}
		}
	}
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		switch {
		case r == '\r':
			src[i] = ' '
		case r == utf8.RuneError && n == 1:
			src[i] = '?'
		}
		i += n
	}
	return string(src)
}

// lineAt returns the line that holds the byte at offset.
func (t *text) lineAt(offset int) int {
	lo, hi := 0, len(t.lines)-1
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if t.lines[mid].start <= offset {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

// slice returns the Go text of [start, end): what GoNB compiles of it, without the special lines.
func (t *text) slice(start, end int) string {
	var parts []string
	for i := t.lineAt(start); i < len(t.lines) && t.lines[i].start < end; i++ {
		if l := t.lines[i]; !l.special {
			parts = append(parts, t.cell[max(start, l.start):max(start, min(end, l.end))])
		}
	}
	return strings.Join(parts, "\n")
}
