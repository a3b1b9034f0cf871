package words

import "strings"

// Message returns the text of an error for printing. Joined errors, of which errors.Join puts each on a line, are
// written in one line. A line break within the text of an error stays, such as the one before a command to copy.
func Message(err error) string {
	text := err.Error()
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			text = strings.Replace(text, inner.Error(), Message(inner), 1)
		}
	case interface{ Unwrap() []error }:
		var lines, messages []string
		for _, inner := range e.Unwrap() {
			lines, messages = append(lines, inner.Error()), append(messages, Message(inner))
		}
		if text == strings.Join(lines, "\n") { // of errors.Join
			return strings.Join(messages, "; ")
		}
		for i := range lines {
			text = strings.Replace(text, lines[i], messages[i], 1)
		}
	}
	return strings.TrimSpace(text)
}
