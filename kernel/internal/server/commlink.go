package server

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"sync"

	"continuousnet/kernel/internal/commlink"
)

// commFile is the socket to which cells connect that open comms.
const commFile = "comms"

// commLink is the connection of a cell's process.
type commLink struct {
	s     *server
	conn  net.Conn
	cell  *run
	queue *commQueue
	done  chan struct{} // closed when all that the process has sent is queued for the front ends
	said  sync.Once
}

// serveComms accepts the connections of cells.
func (s *server) serveComms() (stop func(), err error) {
	listener, err := net.Listen("unix", filepath.Join(s.processes.Dir, commFile))
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go s.serveComm(conn)
		}
	}()
	return func() { listener.Close() }, nil
}

// serveComm serves the process of the cell that runs.
func (s *server) serveComm(conn net.Conn) {
	defer conn.Close()
	defer s.survive("a cell's comm", nil)
	hello, err := commlink.Read(conn)
	cell := s.current()
	if err != nil || hello.Kind != commlink.Hello || hello.Target != s.token || cell == nil {
		return
	}
	l := &commLink{s: s, conn: conn, cell: cell, queue: newCommQueue(), done: make(chan struct{})}
	cell.mu.Lock()
	cell.links = append(cell.links, l)
	cell.mu.Unlock()
	defer close(l.done)
	defer l.end()
	go l.write()
	for {
		m, err := commlink.Read(conn)
		if err != nil {
			return // the process has ended
		}
		l.handle(m)
	}
}

// end closes the comms of the process, or sends what it has left to be sent.
func (l *commLink) end() {
	l.queue.close()
	for id, last := range l.s.comms.disown(l) {
		if last != nil {
			l.publish("comm_msg", raw(map[string]any{"comm_id": id, "data": objectOr(last.Data)}),
				objectOr(last.Metadata), last.Buffers)
			continue
		}
		l.publish("comm_close", raw(map[string]any{"comm_id": id, "data": map[string]any{}}), nil, nil)
	}
}

// write sends the process what waits for it. A process that does not read holds up this goroutine alone.
func (l *commLink) write() {
	for {
		m, ok := l.queue.pop()
		if !ok || commlink.Write(l.conn, m) != nil {
			return
		}
	}
}

// handle handles a message of the process.
func (l *commLink) handle(m commlink.Message) {
	comms := &l.s.comms
	_, owner, _ := comms.get(m.ID)
	switch m.Kind {
	case commlink.Open:
		state, _ := stateOf(m.Data, m.Buffers)
		if state.cost() > maxStates/2 || m.Target != widgetTarget {
			state = widgetState{}
		}
		if m.ID == "" || !comms.set(m.ID, openComm{target: m.Target, owner: l, state: state}) {
			l.queue.say(commlink.Message{Kind: commlink.Close, ID: m.ID})
			return
		}
		l.publish("comm_open", raw(map[string]any{"comm_id": m.ID, "target_name": m.Target, "data": objectOr(m.Data)}),
			objectOr(m.Metadata), m.Buffers)
		l.queue.say(commlink.Message{Kind: commlink.Opened, ID: m.ID})
	case commlink.Msg:
		if owner != l {
			return // closed by the front end meanwhile
		}
		comms.note(m.ID, m.Data, m.Buffers)
		l.publish("comm_msg", raw(map[string]any{"comm_id": m.ID, "data": objectOr(m.Data)}), objectOr(m.Metadata),
			m.Buffers)
	case commlink.Leave:
		if owner == l {
			l.cell.leave(m.ID, m.Data)
		}
	case commlink.Last:
		if owner == l {
			comms.setLast(m.ID, m)
		}
	case commlink.Present:
		l.queue.say(commlink.Message{Kind: commlink.Present, Target: comms.showTarget()})
	case commlink.Handled:
		l.queue.handled()
	case commlink.Close:
		if owner == l {
			comms.remove(m.ID)
			l.publish("comm_close", raw(map[string]any{"comm_id": m.ID, "data": objectOr(m.Data)}), nil, nil)
		}
	}
}

// publish sends a message as output of the cell, at the rate of its outputs; at once if the cell has ended. Comms of
// silent cells are published, too: nothing else tells the front end of them.
func (l *commLink) publish(msgType string, content, metadata json.RawMessage, buffers [][]byte) {
	select {
	case <-l.cell.done:
		l.s.publishRaw(l.cell.req.RawHeader, msgType, content, metadata, buffers)
	default:
		l.cell.stream.Message(msgType, content, metadata, buffers)
	}
}

// tooMany says, once, that messages of the front end are dropped.
func (l *commLink) tooMany() {
	l.said.Do(func() {
		l.cell.text("stderr", fmt.Sprintf("messages of widgets come faster than the cell handles them: %d wait, and "+
			"further ones are dropped; the last values of sliders and the like still arrive\n", maxCommQueue))
	})
}

// awaitLinks waits until what the processes of a cell have sent over comms is queued. They have ended, as a rule.
func (s *server) awaitLinks(cell *run) {
	cell.mu.Lock()
	links := cell.links
	cell.mu.Unlock()
	for _, l := range links {
		select {
		case <-l.done:
		case <-cell.stop:
		case <-s.ending:
		}
	}
}
