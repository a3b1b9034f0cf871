package output

import (
	"encoding/base64"
	"strings"
)

// maxSequence is the largest size of an in-band message in bytes, as written.
const maxSequence = 64 << 20

// Splitter separates in-band messages from the text that a cell writes. The cell's process sends a message to the
// kernel by writing an application program command, which a terminal would ignore:
//
//	ESC _ cnet:TOKEN:KIND:BASE64 ESC \
//
// TOKEN is known only to the cell and the kernel, KIND is a word of lower-case letters, BASE64 is JSON in standard
// base64. Sequences with another token or with a broken or overlong body are treated as text.
//
// A Splitter is used by one goroutine.
type Splitter struct {
	prefix  string // ESC _ cnet:TOKEN:
	limit   int    // bytes of the longest message
	text    func(string)
	message func(kind string, body []byte)

	held  []byte // the bytes from earlier chunks that may begin a message
	phase phase
	match int // bytes of the prefix that were seen
}

type phase int

const (
	outside  phase = iota
	inPrefix       // match bytes of the prefix were seen
	inKind         // up to the colon
	inBody         // in the base64
	atEnd          // ESC was seen behind the body
)

// NewSplitter returns a Splitter that calls text and message in the order of what it is given.
func NewSplitter(token string, text func(string), message func(kind string, body []byte)) *Splitter {
	return &Splitter{prefix: "\x1b_cnet:" + token + ":", limit: maxSequence, text: text, message: message}
}

// Write processes the next chunk of the cell's output. A message may be split between chunks anywhere.
func (s *Splitter) Write(chunk string) {
	done := 0  // chunk[:done] was passed on, or is text before what is held
	start := 0 // where in chunk the message that is being read starts; 0 if in an earlier one
	for i := 0; i < len(chunk); {
		if s.phase == outside {
			esc := strings.IndexByte(chunk[i:], '\x1b')
			if esc < 0 {
				break
			}
			i += esc + 1
			start, s.phase, s.match = i-1, inPrefix, 1
			continue
		}
		n, ok := s.advance(chunk[i:])
		i += n
		switch {
		case !ok && s.phase == atEnd:
			// It was text, but its last byte, an ESC, may start a message.
			if i > 0 {
				s.release()
				i--
				continue
			}
			last := len(s.held) - 1
			s.emit(string(s.held[:last]))
			s.held = []byte{'\x1b'}
			s.phase, s.match = inPrefix, 1
		case !ok || len(s.held)+i-start > s.limit:
			// It was text. The byte that does not fit may start a message.
			s.release()
		case s.phase == outside:
			sequence := chunk[start:i]
			if len(s.held) > 0 {
				sequence = string(s.held) + sequence
			}
			kind, body, ok := s.parse(sequence)
			if !ok {
				s.release()
				continue
			}
			s.held = nil
			s.emit(chunk[done:start])
			s.message(kind, body)
			done = i
		}
	}
	if s.phase == outside {
		s.emit(chunk[done:])
		return
	}
	s.emit(chunk[done:start])
	s.held = append(s.held, chunk[start:]...)
}

// Flush passes on as text what is held back. It is called after the last Write.
func (s *Splitter) Flush() { s.release() }

// advance reads the next bytes of a message. It returns the number of bytes that belong to it, and false if the next
// byte cannot. At the end of the message the phase is outside.
func (s *Splitter) advance(text string) (n int, ok bool) {
	for n < len(text) {
		c := text[n]
		switch s.phase {
		case inPrefix:
			if c != s.prefix[s.match] {
				return n, false
			}
			s.match++
			if s.match == len(s.prefix) {
				s.phase = inKind
			}
		case inKind:
			if c == ':' {
				s.phase = inBody
			} else if c < 'a' || c > 'z' {
				return n, false
			}
		case inBody:
			if isBase64[c] {
				break
			}
			if c != '\x1b' {
				return n, false
			}
			s.phase = atEnd
		case atEnd:
			if c != '\\' {
				return n, false
			}
			s.phase = outside
			return n + 1, true
		}
		n++
	}
	return n, true
}

var isBase64 = func() (is [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=" {
		is[c] = true
	}
	return is
}()

// parse returns the kind and the body of a complete message.
func (s *Splitter) parse(sequence string) (kind string, body []byte, ok bool) {
	inner := strings.TrimSuffix(sequence[len(s.prefix):], "\x1b\\")
	kind, encoded, _ := strings.Cut(inner, ":")
	body, err := base64.StdEncoding.DecodeString(encoded)
	return kind, body, kind != "" && err == nil
}

// release passes on the held bytes as text. Bytes of the current chunk are passed on by Write.
func (s *Splitter) release() {
	s.phase = outside
	s.emit(string(s.held))
	s.held = nil
}

func (s *Splitter) emit(text string) {
	if text != "" {
		s.text(text)
	}
}
