package server

import (
	"encoding/json"
	"strings"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/output"
)

// What GoNB says while a cell runs, and what the cell's own process says through it.

// fromGoNB handles a message of the attempt that runs.
func (s *server) fromGoNB(cell *run, a *attempt, e gonb.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return
	}
	a.begun = true
	m := e.Message
	switch {
	case m.Header.MsgType == "execute_reply" && e.Channel == gonb.Shell:
		a.answered(m.Content)
	case m.Header.MsgType == "input_request" && e.Channel == gonb.Stdin:
		cell.mu.Lock()
		cell.gonbAsks = true
		cell.mu.Unlock()
		s.askInput(cell, m.Content)
	case e.Channel == gonb.IOPub:
		s.outputOf(cell, a, e)
	}
}

// outputOf handles what GoNB publishes.
func (s *server) outputOf(cell *run, a *attempt, e gonb.Event) {
	m := e.Message
	switch m.Header.MsgType {
	case "stream":
		var content struct{ Name, Text string }
		if json.Unmarshal(m.Content, &content) != nil {
			return
		}
		if content.Name == "stdout" {
			a.splitter.Write(content.Text)
		} else {
			cell.text("stderr", a.stderr.Write(content.Text))
		}
	case "status":
		var content struct {
			State string `json:"execution_state"`
		}
		if json.Unmarshal(m.Content, &content) == nil && content.State == "idle" {
			a.quiet()
		}
	case "execute_input", "error": // the server's own say it better
	case "display_data", "update_display_data":
		if content := object(output.Objects(m.Content)); content != nil && !cell.content.Silent {
			cell.message(s.displayType(cell, m.Header.MsgType, content), raw(content), m.Metadata, m.Buffers)
		}
	default:
		if strings.HasPrefix(m.Header.MsgType, "comm_") {
			s.commFromGoNB(e)
		}
		cell.message(m.Header.MsgType, m.Content, m.Metadata, m.Buffers)
	}
}

// said handles a message that the cell's own process wrote with package cell.
func (s *server) said(cell *run, kind string, body []byte) {
	content := object(output.Objects(json.RawMessage(body)))
	if content == nil {
		return // not by that package
	}
	switch kind {
	case "result":
		content["execution_count"] = raw(cell.count)
		delete(content, "transient")
		cell.message("execute_result", raw(content), nil, nil)
		var bundle struct {
			Text string `json:"text/plain"`
		}
		if json.Unmarshal(content["data"], &bundle) == nil && cell.content.stores() {
			if err := s.history.SetOutput(cell.count, bundle.Text); err != nil {
				s.o.Log.Printf("history: %v", err)
			}
		}
	case "display", "update":
		if !cell.content.Silent {
			cell.message(s.displayType(cell, "display_data", content), raw(content), nil, nil)
		}
	case "clear":
		cell.message("clear_output", raw(content), nil, nil)
	}
}

// object reads a JSON object; nil if it is none.
func object(text json.RawMessage) map[string]json.RawMessage {
	var content map[string]json.RawMessage
	if json.Unmarshal(text, &content) != nil {
		return nil
	}
	return content
}

// maxDisplays bounds the display ids that are remembered.
const maxDisplays = 10_000

// displayType returns the type of the message for a display: the first with an id shows, later ones update. When a cell
// is run again, the front end has thrown away what it showed, and its first display shows anew. msgType is for displays
// without an id.
func (s *server) displayType(cell *run, msgType string, content map[string]json.RawMessage) string {
	var transient struct {
		ID string `json:"display_id"`
	}
	if json.Unmarshal(content["transient"], &transient) != nil || transient.ID == "" {
		return msgType
	}
	if len(s.displays) >= maxDisplays {
		clear(s.displays)
	}
	owner, known := s.displays[transient.ID]
	if known && (owner != cell.owner() || cell.shown[transient.ID]) {
		return "update_display_data"
	}
	if cell.shown == nil {
		cell.shown = map[string]bool{}
	}
	s.displays[transient.ID], cell.shown[transient.ID] = cell.owner(), true
	return "display_data"
}

// owner identifies a cell of a notebook: by its id, which JupyterLab sends along, or else by its text.
func (c *run) owner() string {
	var metadata struct {
		CellID string `json:"cellId"`
	}
	if json.Unmarshal(c.req.Metadata, &metadata) == nil && metadata.CellID != "" {
		return metadata.CellID
	}
	return c.content.Code
}
