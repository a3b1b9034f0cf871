package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxMessages bounds how many messages of a failed build are shown.
const maxMessages = 10

// Compile reports a cell that does not build, from evalue and traceback of GoNB's error message. It returns false if
// evalue is not the output of the compiler, the parser, goimports or go get.
func Compile(evalue string, traceback []string, cells Cells, hints Hints) (Report, bool) {
	if !fromBuild.MatchString(evalue) {
		return Report{}, false
	}
	messages, more := readBuild(evalue, traceback, cells)
	if len(messages) == 0 {
		// Nothing but an exit status: better a bare line than none.
		messages = []*message{{text: strings.TrimSpace(evalue)}}
	}
	messages = hints.essential(messages)
	if hints.Cell > 0 {
		for _, m := range messages {
			findImport(m, hints.Cell, cells)
			findEnd(m, hints.Cell, cells)
		}
	}

	r := Report{Name: "CompileError", Value: clip(messages[0].headline(), maxValue)}
	if n := len(messages) - 1; n > 0 && more {
		r.Value += fmt.Sprintf(" (and at least %d more)", n)
	} else if n > 0 {
		r.Value += fmt.Sprintf(" (and %d more)", n)
	}
	hinted := map[string]bool{}
	for _, m := range messages[:min(len(messages), maxMessages)] {
		hint := hints.of(m)
		if hinted[hint] { // one mistake can make ten messages; its remedy is said once
			hint = ""
		}
		hinted[hint] = true
		r.Traceback = append(r.Traceback, m.block(hint))
	}
	if n := len(messages) - maxMessages; n > 0 {
		r.Traceback = append(r.Traceback, fmt.Sprintf("... and %d more", n))
	} else if more {
		r.Traceback = append(r.Traceback, "... and more: the compiler stopped here")
	}
	return r, true
}

var notUsed = regexp.MustCompile(`^declared and not used: (\S+)$`)

// essential leaves out that variables of the session are not used, if there are other messages: only because of these
// they are none.
func (h Hints) essential(messages []*message) []*message {
	rest := slices.DeleteFunc(slices.Clone(messages), func(m *message) bool {
		name := notUsed.FindStringSubmatch(m.text)
		return name != nil && slices.Contains(h.Locals, name[1]) && (m.id == 0 || m.id == h.Cell)
	})
	if len(rest) == 0 {
		return messages
	}
	return rest
}

// message is one finding of the compiler or of a tool beside it.
type message struct {
	text  string
	notes []string
	cells []int // GoNB's cells that the notes are about

	id     int    // GoNB's cell; 0 if GoNB named none
	cell   string // how the user calls it; "" if there is no place in a cell
	line   int    // in the user's cell, 1-based
	code   string // that line as the user wrote it, or main.go's line if there is no place
	column int    // in code, 1-based, in bytes; 0 if not known
	source string // the line of main.go
}

// headline returns "cell [3] line 2: undefined: foo", or the text alone.
func (m *message) headline() string {
	if m.cell == "" {
		return m.text
	}
	return m.place() + ": " + m.text
}

func (m *message) place() string { return fmt.Sprintf("%s line %d", m.cell, m.line) }

// block returns the message with its line of code, a caret and the hint, over several lines.
func (m *message) block(hint string) string {
	var b strings.Builder
	if m.cell != "" {
		b.WriteString(colour(bold, m.place()+":") + " ")
	}
	b.WriteString(colour(bold+red, clip(m.text, maxValue)))
	if strings.TrimSpace(m.code) != "" {
		number := ""
		if m.line > 0 {
			number = strconv.Itoa(m.line)
		}
		code, column := window(m.code, m.column)
		fmt.Fprintf(&b, "\n%s%s", colour(dim, fmt.Sprintf("%5s | ", number)), code)
		if column > 0 {
			// Tabs stay tabs, so that the caret stands right whatever their width is.
			fmt.Fprintf(&b, "\n%s%s%s", colour(dim, "      | "), blank(code[:column-1]), colour(bold+red, "^"))
		}
	}
	for _, note := range m.notes[:min(len(m.notes), maxMessages)] {
		b.WriteString("\n    " + clip(note, maxLine))
	}
	if hint != "" {
		b.WriteString("\n  hint: " + clip(hint, maxValue))
	}
	return b.String()
}

var (
	// fromBuild finds one line that only a build writes.
	fromBuild = regexp.MustCompile(`(?m)^# \S|\.go:\d+(:\d+)?: |^go: |^failed to run "|^package \S+ is not in std|` +
		`^(\S+ imports$|no required module provides|cannot find module providing)|^build constraints exclude|` +
		`^flag provided but not defined: |^import cycle not allowed|^use of internal package `)
	// mainPlace is a position in the program that GoNB wrote. The program is in GoNB's own folder, or relative to it.
	mainPlace = regexp.MustCompile(`^(\s*)(?:\./|/\S*/)?main(?:_test)?\.go:(\d+):(\d+): (.+)$`)
	// otherPlace is a position in any other Go file.
	otherPlace = regexp.MustCompile(`^\s*(\S+\.go):(\d+(?::\d+)?): (.+)$`)
	// noise is what says nothing about the mistake.
	noise = regexp.MustCompile(`^(exit status \d+|failed to run ".*|\S+ imports|usage: go .*|Run 'go help .*|` +
		`go: (downloading|finding|added|upgraded|extracting|warning:) .*)$`)
	// moreErrors is what Go's parser puts behind the first of its errors.
	moreErrors = regexp.MustCompile(` \(and \d+ more errors\)$`)
	// elsewhere is a position within a message: of main.go, which the user never sees.
	elsewhere = regexp.MustCompile(` at \S*main(_test)?\.go:\d+:\d+`)
	// installation is where Go looked for a package of the standard library.
	installation = regexp.MustCompile(`( is not in std) \(.*\)$`)
	goGet        = regexp.MustCompile(`^\s+go get \S+$`)
	escape       = regexp.MustCompile("\x1b\\[[0-9;]*m")
	inCell       = regexp.MustCompile(`^Cell(?:\[(\d+)\]:)? Line (\d+)$`)
)

// readBuild takes the output of a build apart. more tells that there are errors that the tool did not print.
func readBuild(evalue string, traceback []string, cells Cells) (messages []*message, more bool) {
	var last *message // what a line that begins with a tab goes on with
	seen := map[string]*message{}
	pkg := ""
	for i, line := range strings.Split(evalue, "\n") {
		line = strings.TrimRight(line, " \t\r")
		context := ""
		if i < len(traceback) {
			context = escape.ReplaceAllString(traceback[i], "")
		}
		if header, ok := strings.CutPrefix(line, "# "); ok {
			pkg, last = packageName(header), nil
			continue
		}
		if line == "" || noise.MatchString(line) {
			last = nil
			continue
		}
		if strings.HasSuffix(line, "too many errors") {
			more = true
			continue
		}
		if goGet.MatchString(line) {
			continue // the hint says it better
		}
		m := readMessage(line, context, pkg, cells)
		if last != nil && (line[0] == '\t' || line[0] == ' ') {
			note := m.text
			if m.cell != "" {
				note = fmt.Sprintf("%s: %s | %s", m.text, m.place(), strings.TrimSpace(m.code))
			}
			last.notes = append(last.notes, note)
			last.cells = append(last.cells, m.id)
			continue
		}
		if moreErrors.MatchString(m.text) {
			// What the parser finds behind its first error is mostly a consequence of it.
			m.text = moreErrors.ReplaceAllString(m.text, "")
			more = true
		}
		// goimports and the parser tell the same mistake in the same words.
		if last = seen[m.headline()]; last == nil {
			last, seen[m.headline()] = m, m
			messages = append(messages, m)
		}
	}
	return messages, more
}

// packageName returns the package that the header of some errors names, or "" if it is the cell's own.
func packageName(header string) string {
	name, _, _ := strings.Cut(header, " ")
	if strings.HasPrefix(name, "gonb_") || name == "command-line-arguments" {
		return ""
	}
	return name
}

// readMessage reads one line of evalue with the entry of traceback that belongs to it.
func readMessage(line, context, pkg string, cells Cells) *message {
	if at := mainPlace.FindStringSubmatch(line); at != nil {
		m := &message{text: strings.TrimSuffix(strings.TrimSpace(at[4]), "; to add it:")}
		m.text = elsewhere.ReplaceAllString(m.text, "")
		m.text = installation.ReplaceAllString(m.text, "$1")
		mainLine, _ := strconv.Atoi(at[2])
		mainColumn, _ := strconv.Atoi(at[3])
		m.locate(context, mainLine, mainColumn, cells)
		return m
	}
	if at := otherPlace.FindStringSubmatch(line); at != nil {
		file := strings.TrimPrefix(at[1], "./")
		if pkg != "" {
			file = pkg + "/" + file[strings.LastIndexByte(file, '/')+1:]
		}
		return &message{text: file + ":" + at[2] + ": " + at[3]}
	}
	text := installation.ReplaceAllString(strings.TrimSuffix(strings.TrimSpace(line), "; to add it:"), "$1")
	return &message{text: text}
}

// locate finds the message's line in the user's cell, and the column there: GoNB writes declarations again, in its own
// way.
func (m *message) locate(context string, mainLine, mainColumn int, cells Cells) {
	lines := strings.Split(context, "\n")
	id, cellLine := 0, 0
	if at := inCell.FindStringSubmatch(lines[0]); at != nil {
		id, _ = strconv.Atoi(at[1])
		cellLine, _ = strconv.Atoi(at[2])
		lines = lines[1:]
	}
	// GoNB shows three lines before the one in question, fewer at the top of the file, and puts a caret under it.
	target := min(mainLine-1, 3)
	if target < 0 || target+1 >= len(lines) || strings.TrimLeft(lines[target+1], " ") != "^" {
		target = -1
	}
	if target >= 0 {
		m.source = lines[target]
	}
	cell, line, code, ok := "", 0, "", false
	if cellLine > 0 {
		cell, line, code, ok = cells.Line(id, cellLine)
	}
	if !ok {
		m.code = m.source
		if mainColumn <= len(m.source)+1 {
			m.column = mainColumn
		}
		return
	}
	m.id, m.cell, m.line = id, cell, line
	m.code = strings.TrimRight(code, "\r\n")
	if target >= 0 {
		m.column = columnIn(m.code, m.source, mainColumn)
	}
}

// tooEarly is how the parser says that it met what GoNB writes after the statements of a cell.
var tooEarly = regexp.MustCompile(`^expected .*, found '?(\}|EOF)'?$`)

// findEnd gives a message about the end of the cell, which is not the user's own, the end of the cell's last line.
func findEnd(m *message, id int, cells Cells) {
	if m.cell != "" || !tooEarly.MatchString(m.text) {
		return
	}
	for n := 1; n <= maxSearch; n++ {
		cell, line, code, ok := cells.Line(id, n)
		if ok && strings.TrimSpace(code) != "" && line >= m.line {
			m.id, m.cell, m.line, m.code = id, cell, line, strings.TrimRight(code, " \t\r\n")
			m.column = len(m.code) + 1
		}
	}
	switch {
	case m.cell == "":
	case strings.HasPrefix(m.text, "expected declaration"):
		m.text = "there is a } too many: " + m.text
	default:
		m.text = "the cell ends too early: " + m.text
	}
}

// maxSearch bounds a search through a cell, in lines.
const maxSearch = 2000

// findImport gives a message about a package that has no place the line of the cell that imports it.
func findImport(m *message, id int, cells Cells) {
	if m.cell != "" || m.source != "" {
		return
	}
	path := packagePath(m.text)
	if path == "" {
		return
	}
	for n := 1; n <= maxSearch; n++ {
		cell, line, code, ok := cells.Line(id, n)
		if !ok {
			continue
		}
		at := strings.Index(code, `"`+path+`"`)
		if at < 0 {
			at = strings.Index(code, "`"+path+"`")
		}
		if at >= 0 {
			m.id, m.cell, m.line, m.code, m.column = id, cell, line, code, at+1
			return
		}
	}
}
