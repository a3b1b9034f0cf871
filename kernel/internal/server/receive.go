package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"continuousnet/kernel/internal/wire"
)

// request is a message from a front end.
type request struct {
	*wire.Message
	socket  *wire.Socket
	channel string
}

// serve receives the requests of a socket. Messages that are not valid or have come before are dropped and counted.
func (s *server) serve(channel string, socket *wire.Socket) {
	for {
		frames, err := socket.Recv()
		if err != nil {
			return // closed
		}
		m, err := wire.Decode(frames, s.key)
		switch {
		case err != nil:
			s.dropped.add(err)
		case !s.replay.Fresh(m):
			s.dropped.add(errReplayed)
		default:
			socket.Trust(frames[0])
			s.dispatch(&request{m, socket, channel})
		}
	}
}

func (s *server) dispatch(r *request) {
	switch r.Header.MsgType {
	case "execute_request":
		s.enqueue(r)
	case "interrupt_request":
		s.interrupt(r)
	case "shutdown_request":
		s.shutdown(r)
	case "input_reply":
		s.inputReply(r)
	case "kernel_info_request":
		s.answer(r, "kernel_info_reply", s.kernelInfo)
	case "is_complete_request":
		s.answer(r, "is_complete_reply", s.isComplete)
	case "history_request":
		s.answer(r, "history_reply", s.historyReply)
	case "comm_info_request":
		s.answer(r, "comm_info_reply", s.commInfo)
	case "connect_request":
		s.answer(r, "connect_reply", s.connect)
	case "usage_request":
		s.answer(r, "usage_reply", s.usage)
	case "comm_open", "comm_msg", "comm_close":
		s.comm(r)
	case "complete_request":
		s.assist(r, "complete_reply", s.complete)
	case "inspect_request":
		s.assist(r, "inspect_reply", s.inspect)
	case "debug_request":
		s.answer(r, "debug_reply", noDebugger)
	default:
		if kind, ok := strings.CutSuffix(r.Header.MsgType, "_request"); ok && len(kind) < maxKind {
			s.answer(r, kind+"_reply", unsupported) // or who asks would wait for ever
			return
		}
		s.o.Log.Printf("%.100q on %s is not known here, and left unanswered", r.Header.MsgType, r.channel)
	}
}

// maxKind bounds the name of a request that is not known and yet answered.
const maxKind = 50

// answer answers a request at once, between the statuses busy and idle, whether or not a cell runs.
func (s *server) answer(r *request, replyType string, make func(*request) (any, error)) {
	s.status(r.Message, "busy")
	content, err := s.made(r, make)
	if err != nil {
		content = errorContent{Status: "error", Name: "RequestError", Value: err.Error(),
			Traceback: []string{err.Error()}}
	}
	s.reply(r, replyType, content)
	s.status(r.Message, "idle")
	// A front end shows the status that came last; the kernel is busy for as long as a cell runs.
	s.stillBusy()
}

// made returns the content of an answer. A panic in make becomes an error.
func (s *server) made(r *request, make func(*request) (any, error)) (content any, err error) {
	defer s.survive(r.Header.MsgType, func(mistake error) { err = mistake })
	return make(r)
}

// survive, deferred, recovers from a panic in the kernel's own code, logs it and passes it to told, so that the session
// goes on.
func (s *server) survive(what string, told func(error)) {
	mistake := recover()
	if mistake == nil {
		return
	}
	s.o.Log.Printf("a mistake in the kernel, please report it: %s: %v\n%s", what, mistake, debug.Stack())
	if told != nil {
		told(fmt.Errorf("a mistake in the kernel (%v); what led to it is on Jupyter's console, please report it",
			mistake))
	}
}

// decode unmarshals the content of a request into a struct that holds the defaults.
func decode(r *request, into any) error {
	if err := json.Unmarshal(r.Content, into); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return fmt.Errorf("%s: field %q is a JSON %s, expected %s", r.Header.MsgType, wrong.Field, wrong.Value,
				wrong.Type)
		}
		return fmt.Errorf("%s: %w", r.Header.MsgType, err)
	}
	return nil
}

var errReplayed = errors.New("replayed")

// counters counts dropped messages by reason.
type counters struct {
	mu sync.Mutex
	n  map[error]int64
}

func (c *counters) add(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[error]int64{}
	}
	c.n[reason]++
}

func (c *counters) of(reason error) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[reason]
}
