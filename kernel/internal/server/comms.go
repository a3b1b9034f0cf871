package server

import (
	"encoding/json"
	"sync"

	"continuousnet/kernel/internal/gonb"
)

// gonbTarget is the only comm target in the kernel: the widgets of GoNB.
const gonbTarget = "gonb_comm"

// maxComms bounds the open comms, which a front end makes.
const maxComms = 10_000

// comms are the open comms, target names by comm id.
type comms struct {
	mu   sync.Mutex
	open map[string]string
}

func (c *comms) set(id, target string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[string]string{}
	}
	if len(c.open) >= maxComms {
		return false
	}
	c.open[id] = target
	return true
}

func (c *comms) has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.open[id]
	return ok
}

func (c *comms) remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, id)
}

func (c *comms) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = nil
}

// list returns what comm_info_reply holds; an empty target means all.
func (c *comms) list(target string) map[string]map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]map[string]string{}
	for id, name := range c.open {
		if target == "" || target == name {
			all[id] = map[string]string{"target_name": name}
		}
	}
	return all
}

// comm handles what a front end says about a comm. One for GoNB's widgets is passed on; any other target is unknown
// here, and the protocol's answer to that is to close the comm.
func (s *server) comm(r *request) {
	s.status(r.Message, "busy")
	defer func() {
		s.status(r.Message, "idle")
		s.stillBusy()
	}()
	var content struct {
		ID     string `json:"comm_id"`
		Target string `json:"target_name"`
	}
	if err := decode(r, &content); err != nil || content.ID == "" {
		return
	}
	switch r.Header.MsgType {
	case "comm_open":
		if content.Target != gonbTarget || !s.comms.set(content.ID, content.Target) {
			s.publish(r.RawHeader, "comm_close", map[string]any{"comm_id": content.ID, "data": map[string]any{}})
			return
		}
	case "comm_close":
		s.comms.remove(content.ID)
		return // GoNB does not listen to it
	case "comm_msg":
		if !s.comms.has(content.ID) {
			return
		}
	}
	s.engine.forward(r)
}

// commFromGoNB keeps the list right when GoNB opens or closes a comm.
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
		s.comms.set(content.ID, content.Target)
	case "comm_close":
		s.comms.remove(content.ID)
	}
}
