package wire

import (
	"encoding/binary"
	"unicode/utf8"
)

// A subscriber of iopub gets a message iopub_welcome for each of its subscriptions, by which it knows that it misses
// nothing from then on (Jupyter Enhancement Proposal 65). An XPUB socket would tell the program about subscriptions and
// publish the welcome to all subscribers. Here the connection sees the subscription pass and gets a welcome of its own,
// so that a stranger who subscribes sends nothing to others.

// Welcome returns the frames of the message that welcomes a subscription to a topic.
type Welcome func(topic string) [][]byte

// maxWelcomes bounds the number of welcomes that a connection gets.
const maxWelcomes = 64

// subscriptions finds the subscriptions in what a subscriber sends: messages of one frame, a byte 1 and the topic.
type subscriptions struct {
	frames frameReader
	body   []byte
	ready  []string // topics that the library has not acted on yet
	number int
}

func (s *subscriptions) add(p []byte) {
	for len(p) > 0 {
		n, at := s.frames.next(p)
		switch at {
		case badFlags:
			return // the connection is closed
		case inBody:
			s.body = append(s.body, p[:n]...)
		}
		p = p[n:]
		if at == inHeader || !s.frames.between() {
			continue
		}
		if len(s.body) > 0 && s.body[0] == 1 && utf8.Valid(s.body) && s.number < maxWelcomes {
			s.number++
			s.ready = append(s.ready, string(s.body[1:]))
		}
		s.body = s.body[:0]
	}
}

// welcome sends the welcomes for the subscriptions that the library has acted on. The library reads the next message
// when it has.
func (c *guardedConn) welcome() {
	for _, topic := range c.subscriptions.ready {
		c.insert(appendFrames(nil, c.g.kind.welcome(topic)))
	}
	c.subscriptions.ready = nil
}

// insert puts a message into the outbox, before the next one of the library, which writes its messages in parts.
func (c *guardedConn) insert(message []byte) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.inserted = append(c.inserted, message...)
	c.putInserted()
}

// putInserted puts what was inserted into the outbox if the library has written a whole message.
func (c *guardedConn) putInserted() {
	if c.greeting == 0 && c.written.between() && len(c.inserted) > 0 {
		c.out.put(c.inserted) // a closed outbox has no reader
		c.inserted = nil
	}
}

// appendFrames appends a message in the form of ZMTP.
func appendFrames(to []byte, frames [][]byte) []byte {
	for i, frame := range frames {
		var flags byte
		if i < len(frames)-1 {
			flags = 1
		}
		if len(frame) < 256 {
			to = append(to, flags, byte(len(frame)))
		} else {
			to = binary.BigEndian.AppendUint64(append(to, flags|2), uint64(len(frame)))
		}
		to = append(to, frame...)
	}
	return to
}
