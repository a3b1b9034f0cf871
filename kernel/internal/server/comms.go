package server

import (
	"encoding/json"
	"slices"
	"sync"

	"continuousnet/kernel/internal/commlink"
	"continuousnet/kernel/internal/gonb"
)

// Targets that front ends may open.
const (
	gonbTarget    = "gonb_comm"              // of GoNB's widgets
	controlTarget = "jupyter.widget.control" // at which a page that was reloaded asks for the widgets that live
)

// widgetTarget is the target with which widgets are opened.
const widgetTarget = "jupyter.widget"

// maxComms bounds the number of open comms, which front ends can open at will.
const maxComms = 10_000

// Of the processes that have ended and left widgets on pages, the youngest few are kept, with as many bytes of states.
const (
	maxEnded      = 20
	maxEndedBytes = 16 << 20
)

// maxStates bounds the states of widgets that are kept for pages that are reloaded, in bytes.
const maxStates = 128 << 20

// openComm is what the session knows of a comm.
type openComm struct {
	target string
	owner  *commLink         // nil if it belongs to GoNB or to a front end
	state  widgetState       // of a widget
	last   *commlink.Message // for the front ends when the owner has ended; nil: the comm is closed then
}

// comms holds the open comms by id.
type comms struct {
	mu     sync.Mutex
	open   map[string]*openComm
	states int // bytes

	// ended are the last states of widgets that stay on pages, by id, for each process that has ended, oldest first.
	ended []map[string]widgetState

	widgetsShown bool // a front end that shows widgets has been connected
}

// shown notes that a front end asks for widgets, as those that show them do when they connect.
func (c *comms) shown() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.widgetsShown = true
}

// showTarget returns widgetTarget if a front end that shows widgets has been connected, or else nothing.
func (c *comms) showTarget() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.widgetsShown {
		return widgetTarget
	}
	return ""
}

func (c *comms) set(id string, comm openComm) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[string]*openComm{}
	}
	if old := c.open[id]; old != nil && (old.owner != nil || comm.owner != nil) || len(c.open) >= maxComms {
		return false
	}
	c.open[id] = &comm
	c.states += comm.state.cost()
	return true
}

// get returns the target and the owner of a comm.
func (c *comms) get(id string) (target string, owner *commLink, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	comm := c.open[id]
	if comm == nil {
		return "", nil, false
	}
	return comm.target, comm.owner, true
}

// note keeps a change of a widget's state. A state beyond [maxStates] is kept no longer.
func (c *comms) note(id string, data json.RawMessage, buffers [][]byte) {
	change, ok := updateOf(data, buffers)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	comm := c.open[id]
	if comm == nil || comm.target != widgetTarget || comm.state.values == nil {
		return
	}
	c.states -= comm.state.cost()
	if comm.state = comm.state.merge(change); c.states+comm.state.cost() > maxStates {
		comm.state = widgetState{}
	}
	c.states += comm.state.cost()
}

func (c *comms) remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if comm := c.open[id]; comm != nil {
		c.states -= comm.state.cost()
		delete(c.open, id)
	}
}

// setLast keeps the last message of a comm.
func (c *comms) setLast(id string, m commlink.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if comm := c.open[id]; comm != nil {
		comm.last = &m
	}
}

// disown removes the comms of a process that has ended, and returns their last messages by id; nil for those that are
// closed.
func (c *comms) disown(owner *commLink) map[string]*commlink.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]*commlink.Message{}
	stay := map[string]widgetState{}
	for id, comm := range c.open {
		if comm.owner != owner {
			continue
		}
		c.states -= comm.state.cost()
		delete(c.open, id)
		all[id] = comm.last
		if comm.last == nil || comm.state.values == nil {
			continue
		}
		stay[id] = comm.state
		if change, ok := updateOf(comm.last.Data, comm.last.Buffers); ok {
			stay[id] = comm.state.merge(change)
		}
	}
	if len(stay) > 0 && costOf([]map[string]widgetState{stay}) <= maxEndedBytes {
		c.ended = append(c.ended, stay)
	}
	for len(c.ended) > maxEnded || costOf(c.ended) > maxEndedBytes {
		c.ended = c.ended[1:] // all of a process: a box without its parts could not be shown
	}
	return all
}

func costOf(ended []map[string]widgetState) (n int) {
	for _, states := range ended {
		for _, state := range states {
			n += state.cost()
		}
	}
	return n
}

// clearGoNB removes the comms of a GoNB that has ended. Those of cells end with the cells' processes.
func (c *comms) clearGoNB() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, comm := range c.open {
		if comm.owner == nil && comm.target != controlTarget {
			delete(c.open, id)
		}
	}
}

// list returns the open comms of a target as in comm_info_reply; an empty target stands for all.
func (c *comms) list(target string) map[string]map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]map[string]string{}
	for id, comm := range c.open {
		if target == "" || target == comm.target {
			all[id] = map[string]string{"target_name": comm.target}
		}
	}
	return all
}

// knows reports whether a widget lives or has stayed.
func (c *comms) knows(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	stays := func(process map[string]widgetState) bool { return process[id].values != nil }
	return c.open[id] != nil || slices.ContainsFunc(c.ended, stays)
}

// widgets returns the data and buffers of the answer to request_states: all widgets that live, those that have stayed,
// and some in place of those that the notebook has lost.
func (c *comms) widgets(notebook string) (data json.RawMessage, buffers [][]byte) {
	lost := lostWidgets(notebook, c.knows)
	c.mu.Lock()
	defer c.mu.Unlock()
	states := map[string]any{}
	paths := [][]json.RawMessage{}
	add := func(id string, state widgetState) {
		v := state.values
		states[id] = map[string]any{"model_name": v["_model_name"], "model_module": v["_model_module"],
			"model_module_version": v["_model_module_version"], "state": v}
		paths = append(paths, state.pathsBelow(id, "state")...)
		buffers = append(buffers, state.buffers...)
	}
	for id, state := range lost {
		add(id, state)
	}
	for id, comm := range c.open {
		if comm.target == widgetTarget && comm.state.values != nil {
			add(id, comm.state)
		}
	}
	for _, process := range c.ended {
		for id, state := range process {
			add(id, state)
		}
	}
	return raw(map[string]any{"method": "update_states", "states": states, "buffer_paths": paths}), buffers
}

// widget returns the data and buffers of the answer to request_state of one widget.
func (c *comms) widget(id string) (data json.RawMessage, buffers [][]byte, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	comm := c.open[id]
	if comm == nil || comm.state.values == nil {
		return nil, nil, false
	}
	return comm.state.update(), comm.state.buffers, true
}

// comm handles a front end's message about a comm. Messages for GoNB's widgets and for comms of cells are passed on; a
// comm with another target is closed, which is the protocol's answer to an unknown target.
func (s *server) comm(r *request) {
	s.status(r.Message, "busy")
	defer func() {
		s.status(r.Message, "idle")
		s.stillBusy()
	}()
	var content struct {
		ID     string          `json:"comm_id"`
		Target string          `json:"target_name"`
		Data   json.RawMessage `json:"data"`
	}
	if err := decode(r, &content); err != nil || content.ID == "" {
		return
	}
	target, owner, known := s.comms.get(content.ID)
	switch r.Header.MsgType {
	case "comm_open":
		ours := content.Target == gonbTarget || content.Target == controlTarget
		if owner != nil {
			return // a cell's, which stays as it is
		}
		if !ours || !s.comms.set(content.ID, openComm{target: content.Target}) {
			s.publish(r.RawHeader, "comm_close", map[string]any{"comm_id": content.ID, "data": map[string]any{}})
			return
		}
		target = content.Target
		switch target {
		case gonbTarget:
			s.pageOpened(content.ID)
		case controlTarget:
			s.comms.shown()
		}
	case "comm_close":
		s.comms.remove(content.ID)
		if owner != nil {
			owner.queue.say(commlink.Message{Kind: commlink.Close, ID: content.ID})
		}
		return // GoNB does not handle it
	case "comm_msg":
		if !known {
			return
		}
	}
	switch {
	case owner != nil:
		s.commToCell(r, owner, content.ID, content.Data)
	case target == controlTarget:
		if methodOf(content.Data) == "request_states" {
			data, buffers := s.comms.widgets(s.o.Notebook)
			s.commAnswer(r, content.ID, data, buffers)
		}
	case r.Header.MsgType == "comm_msg" && s.pageRepeats(content.Data): // a click, for GoNB
	default:
		s.engine.forward(r)
	}
}

// commToCell passes a comm_msg on to the process that owns the comm. The state of a widget is asked of the session.
func (s *server) commToCell(r *request, owner *commLink, id string, data json.RawMessage) {
	if methodOf(data) == "request_state" {
		if state, buffers, ok := s.comms.widget(id); ok {
			s.commAnswer(r, id, state, buffers)
			return
		}
	}
	s.comms.note(id, data, r.Buffers)
	if echo, ok := echoOf(data, r.Buffers); ok {
		s.commAnswer(r, id, echo, r.Buffers) // the other pages show the value, too
	}
	m := commlink.Message{Kind: commlink.Msg, ID: id, Data: objectOr(data), Metadata: objectOr(r.Metadata),
		Buffers: r.Buffers}
	if !owner.queue.push(m) {
		owner.tooMany()
	}
}

// commAnswer sends a comm_msg of the session's own.
func (s *server) commAnswer(r *request, id string, data json.RawMessage, buffers [][]byte) {
	s.publishRaw(r.RawHeader, "comm_msg", raw(map[string]any{"comm_id": id, "data": data}), nil, buffers)
}

func methodOf(data json.RawMessage) string {
	var content struct {
		Method string `json:"method"`
	}
	if json.Unmarshal(data, &content) != nil {
		return ""
	}
	return content.Method
}

// commFromGoNB records that GoNB has opened or closed a comm.
func (s *server) commFromGoNB(e gonb.Event) {
	var content struct {
		ID     string `json:"comm_id"`
		Target string `json:"target_name"`
	}
	if json.Unmarshal(e.Message.Content, &content) != nil {
		return
	}
	switch e.Message.Header.MsgType {
	case "comm_open":
		s.comms.set(content.ID, openComm{target: content.Target})
	case "comm_close":
		s.comms.remove(content.ID)
	}
}
