package server

import (
	"context"
	"encoding/json"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/wire"
)

// A cell reads its standard input as any program does. The kernel sees it wait, asks the front end, and writes what was
// typed into the pipe. GoNB's own way to ask (%with_inputs, gonbui.RequestInput) goes on working.

// wantsInput reports whether a process of the cell waits for input that nobody has asked for.
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

// offerInput asks the front end for the input that a process of the cell waits for.
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
	cell.stream.Flush() // the question that the cell has printed
	cell.mu.Lock()
	cell.asked = true
	cell.mu.Unlock()
	s.send(s.sockets.Stdin, &wire.Message{
		Identities: cell.req.Identities, Header: wire.NewHeader("input_request", s.session),
		Parent: cell.req.RawHeader, Content: content,
	})
}

// inputReply takes what was typed.
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

// answerInput passes what was typed on to GoNB.
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
