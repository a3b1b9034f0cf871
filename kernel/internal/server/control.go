package server

import (
	"context"
	"time"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/proc"
)

// interrupt answers an interrupt_request: the running cell gets SIGINT and may finish its work, the second time it is
// killed. Without a running cell there is nothing to do.
func (s *Server) interrupt(r *request) {
	s.status(r.Message, "busy")
	s.Interrupt()
	s.reply(r, "interrupt_reply", map[string]string{"status": "ok"})
	s.status(r.Message, "idle")
	s.stillBusy()
}

// Interrupt interrupts the running cell.
func (s *Server) Interrupt() { s.press(s.o.Grace) }

func (s *Server) press(grace time.Duration) {
	cell := s.current()
	if cell == nil {
		return
	}
	s.engine.mu.Lock()
	engine := s.engine.engine
	s.engine.mu.Unlock()
	if engine == nil {
		return
	}
	cell.mu.Lock()
	cell.pressed = true
	if cell.interrupter == nil {
		cell.interrupter = &proc.Interrupter{GoNB: engine.PID, Grace: grace}
	}
	interrupter := cell.interrupter
	cell.mu.Unlock()
	go func() {
		// GoNB has no child between two steps of a cell, and at its beginning.
		for {
			done, err := interrupter.Interrupt()
			if err != nil {
				s.o.Log.Printf("interrupt: %v", err)
			}
			if done.Activity != proc.Idle {
				cell.mu.Lock()
				cell.interrupted = done.Activity
				cell.mu.Unlock()
				return
			}
			select {
			case <-cell.done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
}

// shutdown answers a shutdown_request and ends the session; Jupyter starts a new kernel if it wants to restart.
func (s *Server) shutdown(r *request) {
	var content struct {
		Restart bool `json:"restart"`
	}
	if err := decode(r, &content); err != nil {
		s.o.Log.Print(err)
	}
	s.status(r.Message, "busy")
	reply := map[string]any{"status": "ok", "restart": content.Restart}
	s.reply(r, "shutdown_reply", reply)
	s.publish(r.RawHeader, "shutdown_reply", reply)
	s.status(r.Message, "idle")
	go s.end()
}

// end lets the running cell save and ends the session.
func (s *Server) end() {
	if s.stopping.Swap(true) {
		return
	}
	for _, waiting := range s.queue.drain() {
		s.abort(waiting)
	}
	if cell := s.current(); cell != nil {
		s.press(shutdownGrace)
		select {
		case <-cell.done:
		case <-time.After(shutdownGrace):
			s.press(shutdownGrace) // the second time kills
		}
	}
	s.stop()
}

// watch looks after a cell that runs: whether it waits for input, and what it uses. The function that it returns ends
// the watch and says what the cell has used.
func (s *Server) watch(ctx context.Context, cell *run, engine *gonb.Engine) func() proc.Usage {
	const interval = 100 * time.Millisecond
	const share = 50 // a look takes at most this part of the time: it goes through all processes of the machine
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	sampler := proc.NewSampler(engine.PID)
	go func() {
		defer close(ended)
		wait := interval
		for {
			select {
			case <-ctx.Done():
				return
			case <-engine.Done():
				return
			case <-time.After(wait):
			}
			looked := time.Now()
			sampler.Sample()
			waits, pid := s.wantsInput(cell, engine)
			wait = max(interval, share*time.Since(looked))
			if waits {
				s.offerInput(ctx, cell, engine, pid)
			}
		}
	}()
	return func() proc.Usage {
		cancel()
		<-ended
		return sampler.Sample()
	}
}
