package server

import (
	"encoding/json"

	"continuousnet/kernel/internal/wire"
)

// status publishes the state busy or idle.
func (s *server) status(parent *wire.Message, state string) {
	s.publish(parent.RawHeader, "status", map[string]string{"execution_state": state})
}

// publish sends a message to all front ends.
func (s *server) publish(parent json.RawMessage, msgType string, content any) {
	body, err := json.Marshal(content)
	if err != nil {
		s.o.Log.Printf("%s cannot be sent: %v", msgType, err)
		return
	}
	s.publishRaw(parent, msgType, body, nil, nil)
}

func (s *server) publishRaw(parent json.RawMessage, msgType string, content, metadata json.RawMessage,
	buffers [][]byte) {
	m := &wire.Message{
		// The topic by which a subscriber may choose.
		Identities: [][]byte{[]byte("kernel." + s.id + "." + msgType)},
		Header:     wire.NewHeader(msgType, s.session),
		Parent:     parent, Metadata: metadata, Content: content, Buffers: buffers,
	}
	s.send(s.sockets.IOPub, m)
}

// reply answers a request on the channel from which it came.
func (s *server) reply(r *request, msgType string, content any) {
	s.replyWith(r, msgType, content, nil)
}

// replyWith answers a request with metadata.
func (s *server) replyWith(r *request, msgType string, content any, metadata json.RawMessage) {
	body, err := json.Marshal(content)
	if err != nil {
		s.o.Log.Printf("%s cannot be sent: %v", msgType, err)
		return
	}
	s.send(r.socket, &wire.Message{Identities: r.Identities, Header: wire.NewHeader(msgType, s.session),
		Parent: r.RawHeader, Metadata: metadata, Content: body})
}

func (s *server) send(socket *wire.Socket, m *wire.Message) {
	frames, err := m.Encode(s.key)
	if err == nil {
		err = socket.Send(frames)
	}
	if err != nil && !s.stopping.Load() {
		s.o.Log.Printf("%s cannot be sent: %v", m.Header.MsgType, err)
	}
}

// welcome returns the message for a new subscriber to a topic of iopub.
func (s *server) welcome(topic string) [][]byte {
	m := &wire.Message{Header: wire.NewHeader("iopub_welcome", s.session),
		Content: raw(map[string]string{"subscription": topic})}
	if topic != "" {
		m.Identities = [][]byte{[]byte(topic)}
	}
	frames, err := m.Encode(s.key)
	if err != nil {
		panic(err) // a header of this package's own
	}
	return frames
}

// stillBusy publishes busy once more if a cell runs.
func (s *server) stillBusy() {
	s.repeat.Lock()
	defer s.repeat.Unlock()
	if running := s.current(); running != nil {
		s.status(running.req.Message, "busy")
	}
}

// errorContent is the content of an error message, and of a reply with status error.
type errorContent struct {
	Status    string   `json:"status,omitempty"`
	Name      string   `json:"ename"`
	Value     string   `json:"evalue"`
	Traceback []string `json:"traceback"`
}

// raw returns a value as the content of a message. Marshalling it must not fail.
func raw(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types of this package marshal
	}
	return text
}
