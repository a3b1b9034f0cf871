package report

import (
	"regexp"
	"strings"
)

// Stderr holds back what a cell writes to stderr while it looks like a Go program's last words: they come out again as
// the cell's error. So it does with the line that GoNB adds when a program fails. A program may also print such words
// and go on: then they are given out, because of what follows or because nothing does; see Tick. The zero value is
// ready.
type Stderr struct {
	held    strings.Builder
	phase   phase
	line    int    // where the last line of held begins
	strays  int    // lines in a row that no trace has
	age     int    // ticks since something is held
	quiet   int    // ticks since the stacks went on
	ended   bool   // GoNB says that the program has failed
	midline bool   // what was given out does not end with its line
	ending  string // perhaps GoNB's line
}

// phase is how far the last words have come.
type phase int

const (
	nothingHeld phase = iota // nothing is held
	inHead                   // the beginning of what may become their first line
	inMessage                // "panic: ...", which may have many lines
	inStacks
)

const (
	maxHeld       = 4 << 20 // bytes
	maxStraysHeld = 3       // in a row: other goroutines and processes may write while a trace is printed
	maxQuiet      = 10      // ticks to wait for more
	maxAge        = 100     // ticks to wait at all: a program may print one stack after another
	maxWalk       = 600     // ticks to wait for the stack of a stack overflow, millions of frames
)

// heads are how a Go program begins to say why it ends: a panic, a runtime error, or all goroutines after SIGQUIT. A
// stack without one of them is not reported, so it need not be held back.
var heads = []string{"panic: ", "fatal error: ", stackOverflow, "unexpected fault address "}

const stackOverflow = "runtime: goroutine stack exceeds "

var (
	// signalStart may become a signalHead.
	signalStart = regexp.MustCompile(`^S(I(G([A-Z]+:?)?)?)?$`)
	stackHead   = regexp.MustCompile(`^(goroutine \d+ .*\[.*:|runtime stack:)$`)
	// frameLine is a function with its arguments, who started a goroutine, or the position below; GoNB puts the cell's
	// line ahead of the path.
	frameLine = regexp.MustCompile(`^(\S+\([0-9a-fx?{},. _]*\)|created by \S.*|\t.*:\d+( \+0x[0-9a-f]+)?( fp=0x.*)?|` +
		`\.\.\.(\d+ |additional )?frames elided\.\.\.)$`)
	// besideFrame is what else the runtime and GoNB write among frames, besides what skippedLine matches.
	besideFrame = regexp.MustCompile(`^(|\tpanic: .*|\tgoroutine running on other thread.*|` +
		`\^C|exit status \d+|signal: .*)$`)
)

// isHead reports whether last words begin with text.
func isHead(text string) bool {
	for _, h := range heads {
		if strings.HasPrefix(text, h) {
			return true
		}
	}
	return signalHead.MatchString(text)
}

// mayBecomeHead reports whether last words may begin with text and what follows.
func mayBecomeHead(text string) bool {
	for _, h := range heads {
		if strings.HasPrefix(h, text) {
			return true
		}
	}
	return signalStart.MatchString(text)
}

// Tick returns what was held for about a second in vain. It is to be called every 100 ms while the cell runs, counts
// its calls and reads no clock: a time in which the program was stopped, and the caller with it, does not count. GoNB's
// line after a program that failed is left alone, since the reply follows it.
func (s *Stderr) Tick() string {
	if s.phase == nothingHeld {
		return ""
	}
	s.age++
	s.quiet++
	age, quiet := maxAge, maxQuiet
	if strings.HasPrefix(s.held.String(), stackOverflow) {
		age, quiet = maxWalk, maxWalk
	}
	if s.age > age || s.quiet > quiet && !s.ended {
		return s.release()
	}
	return ""
}

// Rest returns what is held back.
func (s *Stderr) Rest() string {
	text := s.release() + s.ending
	s.ending = ""
	return text
}

// Write takes what came, in arbitrary pieces, and returns what may be shown at once.
func (s *Stderr) Write(text string) string {
	text, s.ending = s.ending+text, ""
	s.ended = IsExit(text)
	if s.ended && s.phase == nothingHeld && !s.midline {
		s.ending = text
		return ""
	}
	var shown strings.Builder
	for piece := range strings.Lines(text) {
		shown.WriteString(s.add(piece))
	}
	if s.held.Len() > maxHeld {
		shown.WriteString(s.release())
	}
	return shown.String()
}

// add takes a line or a part of one and returns what may be shown.
func (s *Stderr) add(piece string) string {
	whole := strings.HasSuffix(piece, "\n")
	if s.phase == nothingHeld {
		if s.midline || !isHead(piece) && !mayBecomeHead(piece) {
			s.midline = !whole
			return piece
		}
		s.phase = inHead
	}
	s.held.WriteString(piece)
	if s.phase == inHead {
		switch text := s.held.String(); {
		case isHead(text):
			s.phase = inMessage
		case !mayBecomeHead(text):
			return s.release()
		}
	}
	if !whole {
		return ""
	}
	begin := s.line
	s.line = s.held.Len()
	line := strings.TrimRight(s.held.String()[begin:], "\r\n")
	switch {
	case stackHead.MatchString(line):
		s.phase, s.strays, s.quiet = inStacks, 0, 0
	case s.phase == inMessage: // whatever it is
	case strings.HasPrefix(line, heads[0]) || strings.HasPrefix(line, heads[1]):
		// What came before was not the end.
		text := s.release()
		return text[:begin] + s.add(text[begin:])
	case frameLine.MatchString(line):
		s.strays, s.quiet = 0, 0
	case !besideFrame.MatchString(line) && !skippedLine.MatchString(line):
		if s.strays++; s.strays > maxStraysHeld {
			return s.release()
		}
	}
	return ""
}

// release gives up what is held.
func (s *Stderr) release() string {
	text := s.held.String()
	if text != "" {
		s.midline = !strings.HasSuffix(text, "\n")
	}
	s.held.Reset()
	s.phase, s.line, s.strays, s.age, s.quiet, s.ended = nothingHeld, 0, 0, 0, 0, false
	return text
}
