package server

import (
	"regexp"
	"strings"
)

// crash holds back what a cell writes to stderr while it looks like a Go program's last words: they come out again as
// the cell's error. So it does with the line that GoNB adds when a program fails. A program may also print such words
// and go on: then they are given out, because of what follows or because nothing does; see tick.
type crash struct {
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
	maxCrash  = 4 << 20 // bytes that are held back
	maxStrays = 3       // in a row: other goroutines and processes may write while a trace is printed
	maxQuiet  = 10      // ticks to wait for more
	maxAge    = 100     // ticks to wait at all: a program may print one stack after another
)

// heads are how a Go program begins to say why it ends: a panic, a runtime error, or all goroutines after SIGQUIT. A stack
// without one of them is not reported, so it need not be held back.
var heads = []string{"panic: ", "fatal error: ", "runtime: goroutine stack exceeds ", "unexpected fault address "}

var (
	signalHead = regexp.MustCompile(`^SIG[A-Z]+: `)
	// signalStart may become a signalHead.
	signalStart = regexp.MustCompile(`^S(I(G([A-Z]+:?)?)?)?$`)
	stackHead   = regexp.MustCompile(`^(goroutine \d+ .*\[.*:|runtime stack:)$`)
	// frameLine is a function with its arguments, who started a goroutine, or the position below; GoNB puts the cell's
	// line ahead of the path.
	frameLine = regexp.MustCompile(`^(\S+\([0-9a-fx?{},. _]*\)|created by \S.*|\t.*:\d+( \+0x[0-9a-f]+)?( fp=0x.*)?|` +
		`\.\.\.(\d+ |additional )?frames elided\.\.\.)$`)
	// besideFrame is what else the runtime and GoNB write: addresses, registers, headings, the end.
	besideFrame = regexp.MustCompile(`^(|\[signal .*\]|\tpanic: .*|PC=0x.*|signal arrived during .*|\[originating from .*|` +
		`-----|runtime: .*|\t?goroutine running on other thread.*|[a-z]\w{0,7} +0x[0-9a-f]+|\^C|exit status \d+|signal: .*)$`)
	// gonbEnding is what GoNB writes, in a message of its own, after a program that failed.
	gonbEnding = regexp.MustCompile(`^(\^C\n)?(exit status \d+|signal: [a-z0-9 ]+( \(core dumped\))?)\n$`)
)

// isHead tells whether last words begin with text.
func isHead(text string) bool {
	for _, h := range heads {
		if strings.HasPrefix(text, h) {
			return true
		}
	}
	return signalHead.MatchString(text)
}

// mayBecomeHead tells whether last words may begin with text and what follows.
func mayBecomeHead(text string) bool {
	for _, h := range heads {
		if strings.HasPrefix(h, text) {
			return true
		}
	}
	return signalStart.MatchString(text)
}

// tick is called every 100 ms while the cell runs, and returns what was held for about a second in vain. It counts its calls
// and reads no clock: a time in which the program was stopped, and the caller with it, does not count. GoNB's line after a
// program that failed is left alone, since the reply follows it.
func (c *crash) tick() string {
	if c.phase == nothingHeld {
		return ""
	}
	c.age++
	c.quiet++
	if c.age > maxAge || c.quiet > maxQuiet && !c.ended {
		return c.release()
	}
	return ""
}

// rest returns what was held back.
func (c *crash) rest() string {
	text := c.release() + c.ending
	c.ending = ""
	return text
}

// write takes what came, in arbitrary pieces, and returns what may be shown at once.
func (c *crash) write(text string) string {
	text, c.ending = c.ending+text, ""
	c.ended = gonbEnding.MatchString(text)
	if c.ended && c.phase == nothingHeld && !c.midline {
		c.ending = text
		return ""
	}
	var shown strings.Builder
	for piece := range strings.Lines(text) {
		shown.WriteString(c.add(piece))
	}
	if c.held.Len() > maxCrash {
		shown.WriteString(c.release())
	}
	return shown.String()
}

// add takes a line or a part of one and returns what may be shown.
func (c *crash) add(piece string) string {
	whole := strings.HasSuffix(piece, "\n")
	if c.phase == nothingHeld {
		if c.midline || !isHead(piece) && !mayBecomeHead(piece) {
			c.midline = !whole
			return piece
		}
		c.phase = inHead
	}
	c.held.WriteString(piece)
	if c.phase == inHead {
		switch text := c.held.String(); {
		case isHead(text):
			c.phase = inMessage
		case !mayBecomeHead(text):
			return c.release()
		}
	}
	if !whole {
		return ""
	}
	begin := c.line
	c.line = c.held.Len()
	line := strings.TrimRight(c.held.String()[begin:], "\r\n")
	switch {
	case stackHead.MatchString(line):
		c.phase, c.strays, c.quiet = inStacks, 0, 0
	case c.phase == inMessage: // whatever it is
	case strings.HasPrefix(line, heads[0]) || strings.HasPrefix(line, heads[1]):
		// What came before was not the end.
		text := c.release()
		return text[:begin] + c.add(text[begin:])
	case frameLine.MatchString(line):
		c.strays, c.quiet = 0, 0
	case !besideFrame.MatchString(line):
		if c.strays++; c.strays > maxStrays {
			return c.release()
		}
	}
	return ""
}

// release gives up what is held.
func (c *crash) release() string {
	text := c.held.String()
	if text != "" {
		c.midline = !strings.HasSuffix(text, "\n")
	}
	c.held.Reset()
	c.phase, c.line, c.strays, c.age, c.quiet, c.ended = nothingHeld, 0, 0, 0, 0, false
	return text
}
