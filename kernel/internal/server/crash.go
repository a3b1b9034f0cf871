package server

import (
	"regexp"
	"strings"
)

// crash holds back what a cell writes to stderr once it looks like a Go program's last words: they come out again as
// the cell's error. So it does with the line that GoNB adds when a program fails.
type crash struct {
	held    strings.Builder
	holding bool
	midline bool
	ending  string // perhaps GoNB's line
}

// maxCrash bounds what is held back.
const maxCrash = 4 << 20

// gonbEnding is what GoNB writes, in a message of its own, after a program that failed.
var gonbEnding = regexp.MustCompile(`^(\^C\n)?(exit status \d+|signal: [a-z0-9 ]+( \(core dumped\))?)\n$`)

// write takes what came and returns what may be shown at once.
func (c *crash) write(text string) string {
	text = c.ending + text
	c.ending = ""
	if c.holding {
		c.held.WriteString(text)
		if c.held.Len() > maxCrash {
			return c.rest()
		}
		return ""
	}
	if !c.midline && gonbEnding.MatchString(text) {
		c.ending = text
		return ""
	}
	at := c.start(text)
	if at < 0 {
		c.midline = !strings.HasSuffix(text, "\n")
		return text
	}
	c.holding = true
	c.held.WriteString(text[at:])
	return text[:at]
}

// lastWords is how a Go program begins to say why it ends: a panic, a runtime error, or all goroutines after SIGQUIT.
var lastWords = regexp.MustCompile(`(?m)^(panic: |fatal error: |runtime: goroutine stack exceeds |unexpected fault address |goroutine \d+ |SIG[A-Z]+: )`)

// start is where in text the last words begin, -1 if nowhere.
func (c *crash) start(text string) int {
	for _, at := range lastWords.FindAllStringIndex(text, -1) {
		if at[0] > 0 || !c.midline {
			return at[0]
		}
	}
	return -1
}

// rest returns what was held back.
func (c *crash) rest() string {
	text := c.held.String() + c.ending
	*c = crash{midline: !strings.HasSuffix(text, "\n")}
	return text
}
