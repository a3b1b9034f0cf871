package report

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"continuousnet/kernel/internal/words"
)

// Limits of a panic's report, in lines.
const (
	maxFrames     = 20 // the user's
	maxLibrary    = 12
	maxGoroutines = 5
)

// maxCandidates bounds how many places in stderr are tried as the head of a trace, counted from the end.
const maxCandidates = 32

var (
	signalHead = regexp.MustCompile(`^SIG[A-Z]+: `)
	// bareValue is how the runtime prints a panic's value that is neither error, nor Stringer, nor a basic type, in the
	// first line of its message or behind "panic: ".
	bareValue = regexp.MustCompile(`(?m)^(\t?(?:panic: )?)\((.+)\) (0x[0-9a-f]+)`)
	// ownBasic is how it begins to print a value of a cell's type whose underlying type is basic.
	ownBasic = regexp.MustCompile(`(?m)^(\t?(?:panic: )?)main\.(\w+\()`)
	exceeds  = regexp.MustCompile(`runtime: (goroutine stack exceeds .*)`)
)

// Panic reports a program that Go's runtime ended: a panic, a fatal error, a deadlock, a signal that nobody caught.
// stderr is all that arrived there, with GoNB's annotations, and with or without its last line about the exit status.
// rest is what the program itself wrote, unchanged. It returns false, and stderr as rest, if stderr holds no such end.
func Panic(stderr string, cells Cells) (r Report, rest string, ok bool) {
	text := Trim(stderr)
	if ending := stderr[len(text):]; strings.HasPrefix(ending, "exit status ") && ending != "exit status 2\n" {
		return Report{}, stderr, false // the runtime's own status is 2
	}
	t, start := findTrace(text)
	if t == nil {
		return Report{}, stderr, false
	}
	r, start = t.report(text, start, cells)
	return r, text[:start] + strings.Join(t.strays, ""), true
}

// WithValues puts what the values of panics are like into the place of the addresses that Go's runtime prints of them.
func WithValues(stderr string, values map[string]string) string {
	if len(values) == 0 {
		return stderr
	}
	return bareValue.ReplaceAllStringFunc(stderr, func(found string) string {
		parts := bareValue.FindStringSubmatch(found)
		text, ok := values[parts[3]]
		if !ok || !strings.Contains(parts[1], "panic") {
			return found
		}
		return parts[1] + strings.ReplaceAll(text, "\n", "\n\t") // as the runtime indents what goes on
	})
}

// findTrace finds the trace that ends a text, and where it begins.
func findTrace(text string) (best *trace, start int) {
	lines := strings.SplitAfter(text, "\n")
	end := len(text) // of line i
	for i, tried := len(lines)-1, 0; i >= 0 && tried < maxCandidates; i-- {
		line := lines[i]
		begin := end - len(line)
		end = begin
		kind, at := headIn(line)
		head := line
		if kind != "" {
			head = line[at+len(kind)+len(": "):]
		} else if !signalHead.MatchString(line) || i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "PC=0x") {
			continue
		}
		tried++
		if kind == "" {
			kind = "fatal error"
		}
		t := readTrace(kind, head, lines[i+1:])
		if t == nil || !t.isTrue(at == 0) {
			continue
		}
		// A stack that the program itself printed may come before: only the true one goes on to the end undisturbed.
		if best == nil || len(t.strays) <= len(best.strays) {
			best, start = t, begin+at
		}
	}
	return best, start
}

// headIn finds the head of a trace in a line. It can stand behind what the program wrote last, without a newline.
func headIn(line string) (kind string, at int) {
	if strings.HasPrefix(line, "\t") {
		return "", 0 // a message goes on, or a panic within a panic
	}
	for _, k := range []string{"panic", "fatal error"} {
		if i := strings.Index(line, k+": "); i >= 0 && (kind == "" || i < at) {
			kind, at = k, i
		}
	}
	return kind, at
}

// preambleAt returns the offset of the lines that the runtime writes before "fatal error: ", at the end of text.
func preambleAt(text string) int {
	at := len(text)
	for at > 0 && text[at-1] == '\n' {
		begin := strings.LastIndexByte(text[:at-1], '\n') + 1
		line := text[begin:at]
		if !strings.HasPrefix(line, "runtime: ") && !strings.HasPrefix(line, "unexpected fault address ") {
			break
		}
		at = begin
	}
	return at
}

// report makes a Report of a trace that begins at start in text, and returns the start of what the runtime wrote ahead
// of it as well.
func (t *trace) report(text string, start int, cells Cells) (Report, int) {
	lines := slices.Clone(t.message)
	if t.kind == "fatal error" {
		from := preambleAt(text[:start])
		if match := exceeds.FindStringSubmatch(text[from:start]); match != nil {
			lines[0] += " (the " + match[1] + ")"
		}
		start = from
	}
	value := escape.ReplaceAllString(annotation.ReplaceAllString(strings.Join(lines, "\n"), ""), "")
	value = ownBasic.ReplaceAllString(value, "$1$2")
	value = clip(strings.TrimSpace(bareValue.ReplaceAllString(value, "${1}a value of type $2")), maxValue)
	r := Report{Name: t.kind, Value: value}
	if short, ok := strings.CutSuffix(value, " - deadlock!"); ok && t.kind == "fatal error" {
		r = Report{Name: "deadlock", Value: short}
	}
	r.Traceback = []string{failure(r.Name, r.Value)}
	if len(t.goroutines) > 0 {
		r.Traceback = append(r.Traceback, t.stack(cells)...)
		r.Traceback = append(r.Traceback, t.others(cells)...)
	}
	return r, start
}

// stack returns the lines of the stack that failed: the user's frames first, then the libraries', the runtime's only
// counted.
func (t *trace) stack(cells Cells) []string {
	var user, library []string
	runtime := 0
	for _, f := range t.goroutines[0].frames {
		switch {
		case f.elided != "":
			user = append(user, "… "+f.elided)
		case f.isUser():
			if line := f.inCell(cells); line != "" {
				user = append(user, line)
			}
		case f.isRuntime():
			runtime++
		default:
			line := clip(f.function, maxLine) + "(...)"
			if f.starter {
				line = "started by " + clip(f.function, maxLine)
			}
			library = append(library, fmt.Sprintf("%s  %s:%d", line, clip(path.Base(f.file), maxName), f.line))
		}
	}
	lines := fold(user, maxFrames)
	for _, line := range fold(library, maxLibrary) {
		lines = append(lines, colour(dim, line))
	}
	if runtime > 0 {
		lines = append(lines, colour(dim, "… "+words.Count(runtime, "frame")+" of the Go runtime"))
	}
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	return lines
}

// others returns where the other goroutines were, one line for those at the same place; a deadlock cannot be understood
// without.
func (t *trace) others(cells Cells) []string {
	var places []string
	count := map[string]int{}
	hidden := 0
	for _, g := range t.goroutines[1:] {
		at := slices.IndexFunc(g.frames, func(f frame) bool { return f.isUser() && f.inCell(cells) != "" })
		if at < 0 {
			hidden++
			continue
		}
		place := g.state + ":  " + g.frames[at].inCell(cells)
		if count[place]++; count[place] == 1 {
			places = append(places, place)
		}
	}
	var lines []string
	for i, place := range places {
		if i >= maxGoroutines {
			hidden += count[place]
			continue
		}
		lines = append(lines, fmt.Sprintf("  %s, %s", words.Count(count[place], "other goroutine"), place))
	}
	if hidden > 0 {
		lines = append(lines, colour(dim, "  … "+words.Count(hidden, "other goroutine")))
	}
	return lines
}

// inCell returns a frame of the user's with its place and line, or "" for code of GoNB's around the cell.
func (f frame) inCell(cells Cells) string {
	name := clip(f.name(), maxLine)
	place := ""
	cell, line, text, ok := "", 0, "", false
	switch {
	case f.cellLine > 0:
		cell, line, text, ok = cells.Line(f.id, f.cellLine)
	case !f.annotated: // GoNB names no line where the runtime's output came in pieces
		cell, line, text, ok = cells.Main(f.file, f.line)
	}
	if ok {
		place = colour(bold, fmt.Sprintf("%s line %d", cell, line)) + ":  " + clip(strings.TrimSpace(text), maxLine)
	}
	isMain := name == "main.main"
	if place == "" && isMain {
		if f.annotated {
			return ""
		}
		place = "the cell"
	}
	switch {
	case f.starter && isMain:
		return "started at " + place
	case f.starter:
		return strings.TrimSpace("started by " + name + "  " + place)
	case isMain:
		return place
	}
	return strings.TrimSpace(name + "(...)  " + place)
}

// fold counts equal lines in a row, and leaves out the middle of what is longer than limit.
func fold(lines []string, limit int) []string {
	var folded []string
	for i := 0; i < len(lines); {
		n := 1
		for i+n < len(lines) && lines[i+n] == lines[i] {
			n++
		}
		line := lines[i]
		if n > 1 {
			line += fmt.Sprintf("  (%d times in a row)", n)
		}
		folded = append(folded, line)
		i += n
	}
	if len(folded) <= limit {
		return folded
	}
	head := limit * 2 / 3
	tail := limit - head - 1
	left := len(folded) - head - tail
	more := "… " + words.Count(left, "frame") + " more"
	return slices.Concat(folded[:head], []string{more}, folded[len(folded)-tail:])
}
