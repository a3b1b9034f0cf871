// Package report turns what GoNB says about a failed cell into errors that a person can read: the cell's own line with
// a caret under the mistake, a hint where there is a usual remedy, and the user's frames of a panic first.
//
// GoNB must run with -raw_error=true. A caller asks [Compile] first, then [Panic] with the text of stderr, then [Exit].
package report

import (
	"regexp"
	"strings"
	"sync"
	"syscall"
	"unicode/utf8"
)

// Report is an error in the words of the Jupyter protocol: ename, evalue and traceback. Name and Value are plain text.
// Traceback may hold ANSI colours, reads well without them, and repeats name and value, since front ends show it alone.
type Report struct {
	Name, Value string
	Traceback   []string
}

// Cells finds the text behind GoNB's cell numbers.
type Cells interface {
	// Line looks up the 1-based line of what GoNB got as cell id. It returns how to name that cell ("cell [3]", or
	// "this cell"), the 1-based line in the user's text and that line itself. It returns ok=false for an unknown cell
	// and for a line that the user did not write.
	Line(id, line int) (cell string, userLine int, text string, ok bool)

	// Main looks up the 1-based line of the main.go at path, which GoNB wrote, as Line does.
	Main(path string, line int) (cell string, userLine int, text string, ok bool)
}

// Exit returns the report of a program that ended badly and printed no panic, from GoNB's evalue: "exit status 3",
// "signal: killed".
func Exit(evalue string) Report {
	evalue = strings.TrimSpace(evalue)
	r := Report{Name: "Error", Value: clip(evalue, maxValue)}
	if status, ok := strings.CutPrefix(evalue, "exit status "); ok {
		r = Report{Name: "ExitStatus", Value: "the cell's program ended with exit status " + clip(status, maxName)}
	} else if signal, ok := strings.CutPrefix(evalue, "signal: "); ok {
		switch signal {
		case "interrupt":
			r = Report{Name: "Interrupted", Value: "the cell's program was interrupted"}
		case "killed":
			r = Report{Name: "Killed", Value: "the cell's program was killed; perhaps the machine ran out of memory"}
		default:
			r = Report{Name: "Killed", Value: "the cell's program was ended by a signal: " + clip(signal, maxName)}
		}
	}
	r.Traceback = []string{failure(r.Name, r.Value)}
	return r
}

// What GoNB appends to stderr, in a message of its own, when a program fails. It does not care whether the program
// ended its last line. These take milliseconds to compile, which every go command of a session would wait for.
var (
	exitLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(exitPattern() + `\z`) })
	onlyExit = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A` + exitPattern() + `\z`) })
)

// exitPattern matches the line that [os.ProcessState.String] makes of every failure, with "^C" before it when the
// program was interrupted.
func exitPattern() string {
	var signals []string
	for n := range 128 {
		signals = append(signals, regexp.QuoteMeta(syscall.Signal(n).String()))
	}
	return `(?:\^C\n)?(?:exit status \d+|signal: (?:` + strings.Join(signals, "|") + `)(?: \(core dumped\))?)\n`
}

// IsExit reports whether text is what GoNB writes about a program that failed, and nothing else.
func IsExit(text string) bool { return onlyExit().MatchString(text) }

// Trim removes what GoNB appended to the stderr of a failed program: its exit status or signal, and "^C" before that
// when it was interrupted. Call it only for a program that failed, and once: the program's own words may look the same.
func Trim(stderr string) string {
	// The expression is anchored at the end only; a short tail keeps the search short in a long text.
	const tail = 200
	from := max(0, len(stderr)-tail)
	if at := exitLine().FindStringIndex(stderr[from:]); at != nil {
		return stderr[:from+at[0]]
	}
	return stderr
}

// Limits of a report, in bytes. A program can panic with a value of any size.
const (
	maxValue = 2000
	maxLine  = 400
	maxName  = 100
)

// clip shortens s to about n bytes, at a rune's edge.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

const (
	red   = "\x1b[31m"
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	reset = "\x1b[0m"
)

func colour(code, text string) string {
	if text == "" {
		return ""
	}
	return code + text + reset
}

// failure returns the head line of a traceback.
func failure(name, value string) string {
	return colour(bold+red, name+":") + " " + colour(red, value)
}
