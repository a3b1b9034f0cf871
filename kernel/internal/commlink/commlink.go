// Package commlink is how a cell's process and the session speak about comms: over a Unix socket in the session's
// private directory, which the process opens with its first comm. The session learns from the end of the connection
// that the process has ended, however it has.
package commlink

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// SocketEnv is the environment variable with the path of the socket.
const SocketEnv = "CNET_KERNEL_COMMS"

// MaxBytes bounds the size of a message.
const MaxBytes = 64 << 20

// Kind says what a message is.
type Kind string

const (
	Hello   Kind = "hello"   // of the process, first: Target is the session's token
	Open    Kind = "open"    // of the process
	Opened  Kind = "opened"  // of the session: the comm_open is on its way to the front ends
	Msg     Kind = "msg"     // of both
	Handled Kind = "handled" // of the process: it has dealt with a Msg, and the next one may come
	Close   Kind = "close"   // of both
	Leave   Kind = "leave"   // of the process: Data are the formats of what is left of a widget when it has gone
	Last    Kind = "last"    // of the process: a Msg that comes when it has ended, in place of Close
	Present Kind = "present" // of the process: is there a front end with widgets? of the session: Target says for what
)

// Message is what travels.
type Message struct {
	Kind     Kind            `json:"kind"`
	ID       string          `json:"id,omitempty"` // of the comm
	Target   string          `json:"target,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Sizes    []int           `json:"sizes,omitempty"` // of the buffers, which follow the JSON; set by Write
	Buffers  [][]byte        `json:"-"`
}

// Write writes a message in one piece: the length of the JSON as 4 bytes, most significant first, the JSON, and the
// buffers. A message that is too large is refused, and nothing is written.
func Write(w io.Writer, m Message) error {
	m.Sizes = nil
	total := 0
	for _, b := range m.Buffers {
		m.Sizes = append(m.Sizes, len(b))
		total += len(b)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	total += len(text)
	if total > MaxBytes {
		return fmt.Errorf("a comm message of %d bytes: at most %d can be sent; send it in parts", total, MaxBytes)
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+total), uint32(len(text)))
	frame = append(frame, text...)
	for _, b := range m.Buffers {
		frame = append(frame, b...)
	}
	_, err = w.Write(frame)
	return err
}

// Read reads a message.
func Read(r io.Reader) (Message, error) {
	var m Message
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return m, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > MaxBytes {
		return m, fmt.Errorf("a comm message whose JSON has %d bytes: at most %d are allowed", n, MaxBytes)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("a comm message: %w", err)
	}
	room := MaxBytes - int(n)
	for _, size := range m.Sizes {
		if size < 0 || size > room {
			return m, fmt.Errorf("a comm message with a buffer of %d bytes: at most %d are allowed", size, room)
		}
		room -= size
		b := make([]byte, size)
		if _, err := io.ReadFull(r, b); err != nil {
			return m, err
		}
		m.Buffers = append(m.Buffers, b)
	}
	return m, nil
}
