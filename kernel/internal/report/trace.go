package report

import (
	"regexp"
	"strconv"
	"strings"
)

// trace is what Go's runtime prints when it ends a program.
type trace struct {
	kind       string   // "panic" or "fatal error"
	message    []string // at least one line
	goroutines []goroutine
	sections   int      // stacks of any kind, the runtime's own included
	strays     []string // lines in between that others wrote, with their newlines
	ended      bool     // the last line is the trace's own
}

type goroutine struct {
	number, state string
	frames        []frame
}

// frame is one call on a stack, or a gap in it.
type frame struct {
	function string // with its package, without arguments
	file     string
	line     int
	starter  bool // the go statement that started the goroutine
	elided   string

	id, cellLine int  // GoNB's cell and line; cellLine is 0 if GoNB named none
	annotated    bool // GoNB named a line, be it 0 for one that it added
}

// maxStrays bounds how many lines of others may stand in a trace. Beyond, it is no trace.
const maxStrays = 100

var (
	goroutineLine = regexp.MustCompile(`^goroutine (\d+)(?: gp=\S+)?(?: m=\S+)?(?: mp=\S+)? \[([^\]]*)\]:$`)
	positionLine  = regexp.MustCompile(`^\t\s*(?:\x1b\[7m\[\[ Cell (?:\[(\d+)\] )?Line (-?\d+) \]\]\x1b\[0m )?` +
		`(\S.*?):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=0x.*)?$`)
	elidedLine = regexp.MustCompile(`^\.\.\.(\d+ |additional )?frames elided\.\.\.$`)
	// skippedLine is what says nothing to a user: addresses, registers, headings.
	skippedLine = regexp.MustCompile(`^(?:\[signal .*\]$|PC=0x|signal arrived during |\[originating from |-----$|` +
		`runtime: |goroutine running on other thread|[a-z]\w{0,7} +0x[0-9a-f]+$)`)
	annotation = regexp.MustCompile(`\x1b\[7m\[\[ Cell (?:\[\d+\] )?Line -?\d+ \]\]\x1b\[0m `)
)

// readTrace reads the trace of which head is the first line, without its "panic: ", and lines are all that follow. It
// returns nil if there are too many lines between that are not of a trace.
func readTrace(kind, head string, lines []string) *trace {
	t := &trace{kind: kind, message: []string{strings.TrimRight(head, "\r\n")}, ended: true}
	inMessage, inGoroutine := true, false
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], "\r\n")
		if inMessage && strings.HasPrefix(line, "\t") {
			t.message = append(t.message, line[1:])
			continue
		}
		inMessage = false
		if head := goroutineLine.FindStringSubmatch(line); head != nil {
			t.goroutines = append(t.goroutines, goroutine{number: head[1], state: head[2]})
			t.sections++
			t.ended, inGoroutine = true, true
			continue
		}
		if line == "runtime stack:" {
			t.sections++
			t.ended, inGoroutine = true, false
			continue
		}
		if line == "" {
			continue
		}
		if skippedLine.MatchString(line) {
			t.ended = true
			continue
		}
		f, size := readFrame(line, lines[i+1:])
		if size == 0 || t.sections == 0 {
			if t.strays = append(t.strays, lines[i]); len(t.strays) > maxStrays {
				return nil
			}
			t.ended = false
			continue
		}
		i += size - 1
		t.ended = true
		if inGoroutine {
			g := &t.goroutines[len(t.goroutines)-1]
			g.frames = append(g.frames, f)
		}
	}
	return t
}

// isTrue reports whether the trace can be the end of a program, rather than a stack that the program itself printed.
// alone is whether its head begins a line.
func (t *trace) isTrue(alone bool) bool {
	if t.sections == 0 {
		return alone && len(t.strays) == 0
	}
	if len(t.goroutines) > 0 {
		frames := t.goroutines[0].frames
		if len(frames) > 0 && frames[0].function == "runtime/debug.Stack" {
			return false
		}
	}
	return t.ended
}

// readFrame reads a frame from a line and those after it. It returns how many lines it takes, 0 if it is none.
func readFrame(line string, after []string) (frame, int) {
	if gap := elidedLine.FindStringSubmatch(line); gap != nil {
		return frame{elided: strings.Replace(gap[1], "additional ", "more ", 1) + "frames left out"}, 1
	}
	if len(after) == 0 {
		return frame{}, 0
	}
	function, starter := strings.CutPrefix(line, "created by ")
	if starter {
		function, _, _ = strings.Cut(function, " in goroutine ")
	} else {
		open := argumentsAt(line)
		if open <= 0 {
			return frame{}, 0
		}
		function = line[:open]
	}
	at := positionLine.FindStringSubmatch(strings.TrimRight(after[0], "\r\n"))
	if at == nil || strings.HasPrefix(function, "\t") {
		return frame{}, 0
	}
	f := frame{function: function, starter: starter, file: at[3], annotated: at[2] != ""}
	f.id, _ = strconv.Atoi(at[1])
	f.cellLine, _ = strconv.Atoi(at[2])
	f.line, _ = strconv.Atoi(at[4])
	return f, 2
}

// argumentsAt returns the offset at which the last bracket of a line opens, -1 if the line does not end in one:
// pkg.(*T).F({0x1, 0x2}).
func argumentsAt(line string) int {
	if !strings.HasSuffix(line, ")") {
		return -1
	}
	depth := 0
	for i := len(line) - 1; i >= 0; i-- {
		switch line[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// isRuntime reports whether a frame is of Go's own machinery, or of code that the compiler made up.
func (f frame) isRuntime() bool {
	return f.function == "panic" || f.file == "<autogenerated>" || strings.HasPrefix(f.function, "runtime.") ||
		strings.HasPrefix(f.function, "runtime/") || strings.HasPrefix(f.function, "internal/")
}

// ofCell matches the file that GoNB writes for a cell, and those that the compiler takes the cells for.
var ofCell = regexp.MustCompile(`(?:^|(?:^|/)gonb_[^/]*/)main(?:_test)?\.go$|` + cellFile.String())

// isUser reports whether a frame is of a cell.
func (f frame) isUser() bool {
	return f.cellLine > 0 || ofCell.MatchString(f.file) && !f.isRuntime()
}

// name returns the function as a user knows it: a cell's test is compiled into a package with a made-up name.
func (f frame) name() string {
	if rest, ok := strings.CutPrefix(f.function, "gonb_"); ok {
		if _, function, ok := strings.Cut(rest, "."); ok {
			return "main." + function
		}
	}
	return f.function
}
