package output

import "strings"

// Unfinished holds back the last line that a cell has written, as long as it has no end: it may be the prompt of a
// program that reads its input next, and a front end shows a prompt beside the input field instead of in the output.
// The zero value is ready to use, by one goroutine.
type Unfinished struct {
	name string // of the stream
	held string
	old  int // bytes of held that were there at the last call of Tick
}

// Text is text of a stream, "stdout" or "stderr".
type Text struct{ Name, Text string }

// longestPrompt is the length in bytes above which a line is taken for output.
const longestPrompt = 1 << 10

// Write takes what the cell has written to a stream, in arbitrary pieces, and returns what may be shown at once.
func (u *Unfinished) Write(name, text string) []Text {
	if text == "" {
		return nil
	}
	var shown []Text
	if name != u.name {
		shown = u.Release()
		u.name = name
	}
	// A carriage return begins the line anew, as progress bars do.
	u.held += text
	end := strings.LastIndexAny(u.held, "\r\n") + 1
	// A front end shows no colours in a prompt.
	if len(u.held)-end > longestPrompt || strings.Contains(u.held[end:], "\x1b") {
		end = len(u.held)
	}
	return append(shown, u.cut(end)...)
}

// Tick returns what has been held since the last call of Tick, at which the cell did not wait for input either.
func (u *Unfinished) Tick() []Text {
	shown := u.cut(u.old)
	u.old = len(u.held) - incomplete(u.held)
	return shown
}

// Release returns what is held.
func (u *Unfinished) Release() []Text { return u.cut(len(u.held)) }

// Prompt returns the unfinished line as a prompt; it is not shown in the output then.
func (u *Unfinished) Prompt() string {
	prompt := ValidText(u.held)
	u.cut(len(u.held))
	return prompt
}

// cut removes the first n bytes of what is held.
func (u *Unfinished) cut(n int) []Text {
	if n == 0 {
		return nil
	}
	shown := []Text{{u.name, u.held[:n]}}
	u.held = u.held[n:]
	u.old = max(0, u.old-n)
	return shown
}
