package server

import (
	"encoding/json"
	"sync"

	"continuousnet/kernel/internal/gonb"
)

// gonbTarget is the kernel's only comm target, that of GoNB's widgets.
const gonbTarget = "gonb_comm"

// maxComms bounds the number of open comms, which front ends can open at will.
const maxComms = 10_000

// comms holds the target names of the open comms by comm id.
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

// list returns the open comms of a target as in comm_info_reply; an empty target stands for all.
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

// comm handles a front end's message about a comm. Messages for GoNB's widgets are passed on; a comm with another
// target is closed, which is the protocol's answer to an unknown target.
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
		return // GoNB does not handle it
	case "comm_msg":
		if !s.comms.has(content.ID) {
			return
		}
	}
	s.engine.forward(r)
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
		s.comms.set(content.ID, content.Target)
	case "comm_close":
		s.comms.remove(content.ID)
	}
}
