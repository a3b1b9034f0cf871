package server

import (
	"encoding/json"
	"sync"

	"continuousnet/kernel/internal/commlink"
)

// Bounds of the messages that wait for a cell's process.
const (
	maxCommQueue = 1000
	maxCommBytes = 64 << 20
)

// commQueue holds the messages of front ends that wait for a cell's process. Updates of a widget's state are merged
// with the one that waits, so the last values arrive. They do not pass other messages, so that who presses a button
// after a slider was moved finds the slider's value, unless the queue is full: then an update joins the last one of its
// widget wherever that is, or takes the place of the newest message that is not an update, and other messages are
// dropped.
type commQueue struct {
	mu     sync.Mutex
	change *sync.Cond
	urgent []commlink.Message // answers, which wait for nothing
	waits  []commEvent
	bytes  int
	credit int // messages that the process is ready to handle
	closed bool
}

type commEvent struct {
	message commlink.Message
	state   widgetState
	update  bool
}

func (e commEvent) cost() int {
	n := len(e.message.Data) + len(e.message.Metadata)
	for _, b := range e.message.Buffers {
		n += len(b)
	}
	return n
}

func newCommQueue() *commQueue {
	q := &commQueue{credit: 1}
	q.change = sync.NewCond(&q.mu)
	return q
}

// say queues an answer of the session.
func (q *commQueue) say(m commlink.Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.urgent = append(q.urgent, m)
	q.change.Signal()
}

// push queues a message of a front end. It reports whether there was room.
func (q *commQueue) push(m commlink.Message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := commEvent{message: m}
	e.state, e.update = updateOf(m.Data, m.Buffers)
	full := len(q.waits) >= maxCommQueue || q.bytes+e.cost() > maxCommBytes
	if e.update && q.joined(e, full) {
		return true
	}
	if full {
		last := len(q.waits) - 1
		for e.update && last >= 0 && q.waits[last].update {
			last--
		}
		if !e.update || last < 0 {
			return false
		}
		q.bytes -= q.waits[last].cost()
		q.waits = append(q.waits[:last], q.waits[last+1:]...)
	}
	q.waits = append(q.waits, e)
	q.bytes += e.cost()
	q.change.Signal()
	return !full
}

// joined merges an update with one that waits; anywhere, if the queue is full.
func (q *commQueue) joined(e commEvent, anywhere bool) bool {
	for i := len(q.waits) - 1; i >= 0 && (anywhere || q.waits[i].update); i-- {
		before := &q.waits[i]
		if !before.update || before.message.ID != e.message.ID {
			continue
		}
		q.bytes -= before.cost()
		before.state = before.state.merge(e.state)
		before.message.Data, before.message.Buffers = before.state.update(), before.state.buffers
		q.bytes += before.cost()
		return true
	}
	return false
}

// handled lets the next message go.
func (q *commQueue) handled() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.credit = min(q.credit+1, 1)
	q.change.Signal()
}

// pop waits for what is to be sent next; false after close.
func (q *commQueue) pop() (commlink.Message, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && len(q.urgent) == 0 && (len(q.waits) == 0 || q.credit == 0) {
		q.change.Wait()
	}
	switch {
	case q.closed:
		return commlink.Message{}, false
	case len(q.urgent) > 0:
		m := q.urgent[0]
		q.urgent = q.urgent[1:]
		return m, true
	}
	e := q.waits[0]
	q.waits[0] = commEvent{}
	q.waits = q.waits[1:]
	q.bytes -= e.cost()
	q.credit--
	return e.message, true
}

func (q *commQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.waits, q.urgent = true, nil, nil
	q.change.Broadcast()
}

// objectOr returns a JSON object, {} if there is none.
func objectOr(text json.RawMessage) json.RawMessage {
	if object(text) == nil {
		return json.RawMessage("{}")
	}
	return text
}
