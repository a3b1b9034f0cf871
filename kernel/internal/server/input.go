package server

import (
	"context"
	"encoding/json"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/wire"
)

// A cell reads its standard input as any program does. When the kernel finds that a process waits for input, it asks
// the front end and writes what the user types into the pipe. GoNB's own ways to ask (%with_inputs,
// gonbui.RequestInput) work as well.

// wantsInput reports whether a process of the cell waits for input for which the front end has not been asked.
func (s *server) wantsInput(cell *run, engine *gonb.Engine) (waits bool, pid int) {
	cell.mu.Lock()
	settled := cell.gonbAsks || cell.refusedInput
	cell.mu.Unlock()
	if settled {
		return false, 0
	}
	pid, waits = proc.WaitsForInput(engine.PID)
	return waits, pid
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
	s.askInput(cell, json.RawMessage(`{"prompt":"","password":false}`))
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

// askInput sends an input_request to the front end that sent the cell.
func (s *server) askInput(cell *run, content json.RawMessage) {
	cell.stream.Flush() // shows the question that the cell has printed
	cell.mu.Lock()
	cell.asked = true
	cell.mu.Unlock()
	s.send(s.sockets.Stdin, &wire.Message{
		Identities: cell.req.Identities, Header: wire.NewHeader("input_request", s.session),
		Parent: cell.req.RawHeader, Content: content,
	})
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
	asked, gonbAsks := cell.asked, cell.gonbAsks
	cell.asked, cell.gonbAsks = false, cell.gonbAlways
	input := cell.input
	cell.mu.Unlock()
	switch {
	case !asked: // an answer to a cell that has ended
	case gonbAsks:
		s.engine.answerInput(content.Value)
	default:
		input <- content.Value
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
