package server

import (
	"encoding/json"
	"strings"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/output"
	"continuousnet/kernel/internal/report"
)

// GoNB's messages while a cell runs, and those of the cell's own process, which come through GoNB.

// fromGoNB handles a message for the current attempt.
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
		s.askedByGoNB(cell, m.Content)
	case e.Channel == gonb.IOPub:
		s.outputOf(cell, a, e)
	}
}

// outputOf handles a message that GoNB publishes.
func (s *server) outputOf(cell *run, a *attempt, e gonb.Event) {
	m := e.Message
	switch m.Header.MsgType {
	case "stream":
		name, text, ok := output.StreamText(m.Content)
		switch {
		case !ok:
		case name == "stdout":
			a.splitter.Write(text)
		default:
			s.stderr(cell, a.stderr.Write(text))
		}
	case "status":
		var content struct {
			State string `json:"execution_state"`
		}
		if json.Unmarshal(m.Content, &content) == nil && content.State == "idle" {
			a.quiet()
		}
	case "execute_input", "error": // the server sends its own instead
	case "display_data", "update_display_data":
		content := object(output.Objects(m.Content))
		if content == nil {
			return
		}
		s.pageShown(cell, content["data"])
		if !cell.content.Silent {
			cell.noteView(content)
			cell.message(s.displayType(cell, m.Header.MsgType, content), raw(content), m.Metadata, m.Buffers)
		}
	default:
		if strings.HasPrefix(m.Header.MsgType, "comm_") {
			if s.pageHeard(e) {
				return
			}
			s.commFromGoNB(e)
		}
		cell.message(m.Header.MsgType, m.Content, m.Metadata, m.Buffers)
	}
}

// stderr shows what a cell has written to its standard error, with its own lines in place of those of GoNB's program.
func (s *server) stderr(cell *run, text string) {
	cell.text("stderr", report.Places(text, s.engine.cells()))
}

// said handles a message that the cell's process has written with package cell.
func (s *server) said(cell *run, kind string, body []byte) {
	content := object(output.Objects(json.RawMessage(body)))
	if content == nil {
		return // not written by that package
	}
	switch kind {
	case "result":
		if c := cell.captured.Load(); c != nil {
			c.take(content)
			return
		}
		content["execution_count"] = raw(cell.count)
		delete(content, "transient")
		withoutView(content) // its process ends now
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
			cell.noteView(content)
			cell.message(s.displayType(cell, "display_data", content), raw(content), nil, nil)
		}
	case "clear":
		cell.message("clear_output", raw(content), nil, nil)
	case "panic":
		var value struct{ At, Text string }
		if json.Unmarshal(body, &value) == nil {
			cell.panicsWith(value.At, value.Text)
		}
	}
}

// object returns the members of a JSON object; nil if text is not one.
func object(text json.RawMessage) map[string]json.RawMessage {
	var content map[string]json.RawMessage
	if json.Unmarshal(text, &content) != nil {
		return nil
	}
	return content
}

// maxDisplays bounds the number of display ids that are kept.
const maxDisplays = 10_000

// displayType returns the type of the message for a display: the first display with an id is shown, later ones update
// it. When a cell is run again, the front end has dropped its outputs, so its first display is shown anew. Displays
// without an id keep msgType.
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
