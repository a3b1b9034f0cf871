// Package wire implements Jupyter's wire protocol: connection files, signed messages in ZeroMQ frames, and sockets that
// no input from a stranger can break.
//
// The protocol is "Messaging in Jupyter" of jupyter-client, version 5.4
// (https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol).
package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// ProtocolVersion is the version of the messaging protocol that the kernel speaks.
const ProtocolVersion = "5.4"

// delimiter separates the routing identities from the message itself.
var delimiter = []byte("<IDS|MSG>")

// maxID bounds the length of identifiers in a header, as the kernel stores them.
const maxID = 1024

// Header is the header of a message.
type Header struct {
	MsgID    string `json:"msg_id"`
	Session  string `json:"session"`
	Username string `json:"username"`
	Date     string `json:"date"`
	MsgType  string `json:"msg_type"`
	Version  string `json:"version"`
}

// Message is a message on the wire. Parts that the kernel only passes on are kept byte for byte.
type Message struct {
	Identities [][]byte // the routing identities of the sender, to which answers go
	Header     Header
	RawHeader  json.RawMessage // Header as received, for the parent_header of answers
	Parent     json.RawMessage // the parent_header; {} if there is none
	Metadata   json.RawMessage
	Content    json.RawMessage
	Buffers    [][]byte
}

// The errors of Decode.
var (
	ErrFrames    = errors.New("not a Jupyter message")
	ErrSignature = errors.New("wrong signature")
	ErrJSON      = errors.New("damaged JSON")
)

// Decode decodes a message from its ZeroMQ frames: identities, delimiter, signature, header, parent header, metadata,
// content, buffers. With a key, the signature is checked before anything is parsed. The error is ErrFrames,
// ErrSignature or ErrJSON.
func Decode(frames [][]byte, key []byte) (*Message, error) {
	at := -1
	for i, frame := range frames {
		if bytes.Equal(frame, delimiter) {
			at = i
			break
		}
	}
	if at < 0 || len(frames) < at+6 {
		return nil, ErrFrames
	}
	signature, parts := frames[at+1], frames[at+2:]
	if len(key) > 0 && !hmac.Equal(signature, sign(key, parts[:4])) {
		return nil, ErrSignature
	}
	m := &Message{Identities: frames[:at], RawHeader: parts[0], Parent: parts[1], Metadata: parts[2], Content: parts[3],
		Buffers: parts[4:]}
	for _, part := range parts[:4] {
		if !isObject(part) {
			return nil, ErrJSON
		}
	}
	if err := json.Unmarshal(m.RawHeader, &m.Header); err != nil {
		return nil, ErrJSON
	}
	if m.Header.MsgID == "" || m.Header.MsgType == "" || len(m.Header.MsgID) > maxID || len(m.Header.MsgType) > maxID {
		return nil, ErrJSON
	}
	return m, nil
}

// isObject reports whether text is one JSON object, which can be embedded in another message unchanged.
func isObject(text []byte) bool {
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] == '{' && utf8.Valid(text) && json.Valid(text)
}

// Encode returns the frames of a message, signed with key. Missing parts become {}.
func (m *Message) Encode(key []byte) ([][]byte, error) {
	header := m.RawHeader
	if header == nil {
		var err error
		if header, err = json.Marshal(m.Header); err != nil {
			return nil, fmt.Errorf("header of %s: %w", m.Header.MsgType, err)
		}
	}
	parts := [][]byte{header, orEmpty(m.Parent), orEmpty(m.Metadata), orEmpty(m.Content)}
	var signature []byte
	if len(key) > 0 {
		signature = sign(key, parts)
	}
	frames := make([][]byte, 0, len(m.Identities)+len(parts)+len(m.Buffers)+2)
	frames = append(frames, m.Identities...)
	frames = append(frames, delimiter, signature)
	frames = append(frames, parts...)
	return append(frames, m.Buffers...), nil
}

func orEmpty(part json.RawMessage) json.RawMessage {
	if len(part) == 0 {
		return json.RawMessage("{}")
	}
	return part
}

// sign returns the HMAC-SHA256 of the parts in hexadecimal digits.
func sign(key []byte, parts [][]byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return hex.AppendEncode(nil, mac.Sum(nil))
}

// NewHeader returns the header of a message that the kernel sends.
func NewHeader(msgType, session string) Header {
	return Header{
		MsgID: NewID(), Session: session, Username: "kernel",
		Date:    Date(time.Now()),
		MsgType: msgType, Version: ProtocolVersion,
	}
}

// Date returns a time as messages have it.
func Date(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// NewID returns a random identifier for a message or a session.
func NewID() string {
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// ParentID returns the message id in a parent header, empty if there is none.
func ParentID(parent json.RawMessage) string {
	var header struct {
		MsgID string `json:"msg_id"`
	}
	if json.Unmarshal(parent, &header) != nil {
		return ""
	}
	return header.MsgID
}
