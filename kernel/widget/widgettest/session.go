// Package widgettest is a session with a front end, for tests of what shows widgets.
package widgettest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"continuousnet/kernel/cell"
	"continuousnet/kernel/internal/commlink"
)

// Session is the session of this process, as the kernel is to a cell.
type Session struct {
	mu      sync.Mutex
	shown   bool
	dir     string
	changed *sync.Cond
	conn    net.Conn
	comms   map[string]*State
	order   []string
	handled int
	sent    int
	count   int
}

// State is what the front end knows of a widget.
type State struct {
	ID      string
	Values  map[string]json.RawMessage
	Buffers map[string][]byte
	Custom  []json.RawMessage          // messages of its own
	Left    string                     // JSON of the formats that are left of it when the process has ended
	Last    map[string]json.RawMessage // the values with which it stays when the process has ended; nil: it goes
	Updates int
	Closed  bool
}

// New returns a session in which somebody can see widgets.
func New() *Session {
	s := &Session{comms: map[string]*State{}}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// Show says whether somebody can see widgets, which is so in tests that call it, until they end. Other tests of the
// process are outside of a notebook. Find and Await know the widgets that come after it.
func (s *Session) Show(t *testing.T, shown bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown, s.order = shown, nil
	if s.dir == "" {
		if err := s.listen(); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(commlink.SocketEnv, filepath.Join(s.dir, "s"))
	t.Setenv(cell.WidgetsVariable, "")
}

// listen makes the socket. A process has one connection, for good.
func (s *Session) listen() (err error) {
	if s.dir, err = os.MkdirTemp("", "widgettest"); err != nil {
		return err
	}
	listener, err := net.Listen("unix", filepath.Join(s.dir, "s"))
	if err != nil {
		return err
	}
	go func() {
		conn, err := listener.Accept()
		listener.Close()
		if err == nil {
			s.serve(conn)
		}
	}()
	return nil
}

// Close removes the socket, at the end of the process.
func (s *Session) Close() { os.RemoveAll(s.dir) }

// serve answers the process.
func (s *Session) serve(conn net.Conn) {
	for {
		m, err := commlink.Read(conn)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conn = conn
		answer := s.handle(m)
		s.changed.Broadcast()
		s.mu.Unlock()
		if answer != nil && commlink.Write(conn, *answer) != nil {
			return
		}
	}
}

func (s *Session) handle(m commlink.Message) *commlink.Message {
	s.count++
	var data struct {
		Method  string
		State   map[string]json.RawMessage
		Paths   [][]string `json:"buffer_paths"`
		Content json.RawMessage
	}
	if len(m.Data) > 0 {
		if err := json.Unmarshal(m.Data, &data); err != nil {
			panic(fmt.Sprintf("a comm message that is no JSON object: %s", m.Data))
		}
	}
	switch m.Kind {
	case commlink.Present:
		s.count--
		answer := commlink.Message{Kind: commlink.Present}
		if s.shown {
			answer.Target = "jupyter.widget"
		}
		return &answer
	case commlink.Open:
		s.comms[m.ID] = &State{ID: m.ID, Values: map[string]json.RawMessage{}, Buffers: map[string][]byte{}}
		s.order = append(s.order, m.ID)
		s.comms[m.ID].take(data.State, data.Paths, m.Buffers)
		return &commlink.Message{Kind: commlink.Opened, ID: m.ID}
	case commlink.Msg:
		if state := s.comms[m.ID]; data.Method == "custom" {
			state.Custom = append(state.Custom, data.Content)
		} else {
			state.Updates++
			state.take(data.State, data.Paths, m.Buffers)
		}
	case commlink.Leave:
		s.comms[m.ID].Left = string(m.Data)
	case commlink.Last:
		s.comms[m.ID].Last = data.State
	case commlink.Close:
		s.comms[m.ID].Closed = true
	case commlink.Handled:
		s.count--
		s.handled++
	case commlink.Hello:
		s.count--
	}
	return nil
}

func (w *State) take(values map[string]json.RawMessage, paths [][]string, buffers [][]byte) {
	maps.Copy(w.Values, values)
	for i, path := range paths {
		w.Buffers[path[0]] = buffers[i]
	}
}

// Messages returns the number of messages about comms that the process has sent.
func (s *Session) Messages() int {
	cell.ShowsWidgets() // answered after them
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Find returns the youngest widget for which each name has the value, as JSON; nil if there is none.
func (s *Session) Find(values map[string]string) *State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(values)
}

func (s *Session) find(values map[string]string) *State {
	for i := len(s.order) - 1; i >= 0; i-- {
		w := s.comms[s.order[i]]
		fits := true
		for name, value := range values {
			fits = fits && string(w.Values[name]) == value
		}
		if fits {
			return w.clone()
		}
	}
	return nil
}

// All returns the widgets, the oldest first.
func (s *Session) All() (all []*State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.order {
		all = append(all, s.comms[id].clone())
	}
	return all
}

// Await waits until there is a widget for which each name has the value, and returns it.
func (s *Session) Await(values map[string]string) *State {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if w := s.find(values); w != nil {
			return w
		}
		s.changed.Wait()
	}
}

// Do does as a user does: it sends data to a widget, and returns when the process has handled it.
func (s *Session) Do(id string, data string, buffers ...[]byte) {
	s.Start(id, data, buffers...)
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.handled < s.sent {
		s.changed.Wait()
	}
}

// Start is Do without waiting.
func (s *Session) Start(id string, data string, buffers ...[]byte) {
	s.mu.Lock()
	s.sent++
	conn := s.conn
	s.mu.Unlock()
	if err := commlink.Write(conn, commlink.Message{Kind: commlink.Msg, ID: id, Data: json.RawMessage(data),
		Buffers: buffers}); err != nil {
		panic(err)
	}
}

// Move gives a value of a widget to the process.
func (s *Session) Move(id, name, value string) {
	s.Do(id, fmt.Sprintf(`{"method":"update","state":{%q:%s},"buffer_paths":[]}`, name, value))
}

// Press presses a button.
func (s *Session) Press(id string) {
	s.Do(id, `{"method":"custom","content":{"event":"click"}}`)
}

// State returns what the front end knows of a widget; nil if it is not known.
func (s *Session) State(id string) *State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.comms[id] == nil {
		return nil
	}
	return s.comms[id].clone()
}

// Settled is State after all that the process has sent so far.
func (s *Session) Settled(id string) *State {
	cell.ShowsWidgets() // answered in turn
	return s.State(id)
}

func (w *State) clone() *State {
	copied := *w
	copied.Values, copied.Buffers = maps.Clone(w.Values), maps.Clone(w.Buffers)
	return &copied
}
