package server

import (
	"context"
	"encoding/json"
	"strings"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/wire"
)

// A cell reads its standard input as any program does. When the kernel finds that a process waits for input, it asks
// the front end and writes what the user types into the pipe. GoNB's own ways to ask (%with_inputs,
// gonbui.RequestInput) work as well.

// wantsInput reports whether a process of the cell waits for input for which the front end has not been asked. An
// unfinished line that cannot be a prompt any more is shown.
func (s *server) wantsInput(cell *run, engine *gonb.Engine) (waits bool, pid int) {
	cell.mu.Lock()
	settled := cell.gonbAsks || cell.refusedInput
	cell.mu.Unlock()
	if settled && !cell.content.AllowStdin {
		return false, 0
	}
	pid, waits = proc.WaitsForInput(engine.PID)
	if !waits {
		cell.agedLine()
	}
	return waits && !settled, pid
}

// offerInput asks the front end for the input for which a process of the cell waits. If the front end offers none, the
// cell is interrupted.
func (s *server) offerInput(ctx context.Context, cell *run, engine *gonb.Engine, pid int) {
	if !cell.content.AllowStdin {
		cell.mu.Lock()
		cell.refusedInput = true
		cell.mu.Unlock()
		s.interruptCell()
		return
	}
	s.askInput(cell, raw(map[string]any{"prompt": cell.takePrompt(), "password": false}))
	cell.mu.Lock()
	input := cell.input
	cell.mu.Unlock()
	select {
	case text := <-input:
		if err := proc.Feed(engine.PID, pid, text+"\n"); err != nil {
			s.o.Log.Printf("input: %v", err)
		}
	case <-ctx.Done():
	case <-engine.Done():
	}
}

// askedByGoNB passes on an input_request of GoNB's. That of %with_inputs has a blank as its prompt.
func (s *server) askedByGoNB(cell *run, content json.RawMessage) {
	var request struct {
		Prompt   string `json:"prompt"`
		Password bool   `json:"password"`
	}
	if json.Unmarshal(content, &request) == nil && strings.TrimSpace(request.Prompt) == "" {
		if prompt := cell.takePrompt(); prompt != "" {
			request.Prompt = prompt
			content = raw(request)
		}
	}
	s.askInput(cell, content)
}

// askInput sends an input_request to the front end that sent the cell.
func (s *server) askInput(cell *run, content json.RawMessage) {
	cell.releaseLine()
	cell.stream.Flush() // shows what the cell has printed before
	cell.mu.Lock()
	if cell.answered == nil {
		cell.answered = make(chan struct{})
	}
	cell.mu.Unlock()
	s.send(s.sockets.Stdin, &wire.Message{
		Identities: cell.req.Identities, Header: wire.NewHeader("input_request", s.session),
		Parent: cell.req.RawHeader, Content: content,
	})
}

// awaitAnswer waits until the user has answered the last input_request of a cell or interrupts it. The cell's process
// may have ended without reading the answer, but front ends have the user answer before anything else can be run. With
// %with_inputs GoNB asks by the clock, the last time in vain as a rule: that is not waited for.
func (s *server) awaitAnswer(cell *run) {
	cell.mu.Lock()
	answered := cell.answered
	if cell.gonbAlways {
		answered = nil
	}
	cell.mu.Unlock()
	if answered == nil {
		return
	}
	select {
	case <-answered:
	case <-cell.stop:
	case <-s.ending:
	}
}

// inputReply passes on what the user has typed.
func (s *server) inputReply(r *request) {
	var content struct {
		Value string `json:"value"`
	}
	if err := decode(r, &content); err != nil {
		s.o.Log.Print(err)
		return
	}
	cell := s.current()
	if cell == nil {
		return
	}
	cell.mu.Lock()
	answered, gonbAsks := cell.answered, cell.gonbAsks
	cell.answered, cell.gonbAsks = nil, cell.gonbAlways
	input := cell.input
	if answered != nil {
		close(answered)
	}
	cell.mu.Unlock()
	switch {
	case answered == nil: // an answer to a cell that has ended
	case gonbAsks:
		s.engine.answerInput(content.Value)
	default:
		select {
		case input <- content.Value:
		default: // nobody has read the answer before
		}
	}
}

// answerInput passes on what the user has typed to GoNB.
func (v *supervisor) answerInput(value string) {
	engine := v.current()
	if engine == nil {
		return
	}
	if err := engine.Send(gonb.Stdin, &wire.Message{Header: engine.NewHeader("input_reply"),
		Content: raw(map[string]string{"status": "ok", "value": value})}); err != nil {
		v.s.o.Log.Printf("input: %v", err)
	}
}
