package server

import (
	"context"
	"slices"
	"time"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/proc"
)

// interrupt answers an interrupt_request: the running cell gets SIGINT and may finish its work; the second time it is
// killed. Without a running cell nothing happens.
func (s *server) interrupt(r *request) {
	s.answer(r, "interrupt_reply", func(*request) (any, error) {
		s.interruptCell()
		return map[string]string{"status": "ok"}, nil
	})
}

// interruptCell interrupts the running cell.
func (s *server) interruptCell() { s.press(s.o.Grace) }

func (s *server) press(grace time.Duration) {
	cell := s.current()
	if cell == nil {
		return
	}
	cell.mu.Lock()
	defer cell.mu.Unlock()
	if !cell.pressed {
		cell.pressed = true
		close(cell.stop)
		cell.stream.Shorten(enoughText)
	}
	if cell.attempt == nil || cell.attempt.past {
		return // not sent yet, or its outcome is about to be told
	}
	interrupter := cell.interrupter
	if grace < s.o.Grace { // the kernel ends
		interrupter = &proc.Interrupter{GoNB: interrupter.GoNB, Grace: grace}
		cell.interrupter = interrupter
	}
	a := cell.attempt
	a.interrupts.Go(func() { s.interruptUntilOver(cell, a, interrupter) })
}

// interruptUntilOver interrupts the processes of a cell until the attempt is over. After an interrupted command GoNB
// goes on with the rest of the cell, which is interrupted too. At the beginning, and between two steps, there is no
// process to interrupt for a moment.
func (s *server) interruptUntilOver(cell *run, a *attempt, interrupter *proc.Interrupter) {
	const pause = 20 * time.Millisecond
	var last []proc.Process
	for {
		if !anyOf(last, proc.Descendants(interrupter.GoNB)) {
			done, err := interrupter.Interrupt()
			if err != nil {
				s.o.Log.Printf("interrupt: %v", err)
			}
			if last = done.Processes; done.Activity != proc.Idle {
				cell.mu.Lock()
				cell.interrupted = done.Activity
				cell.mu.Unlock()
			}
			if done.Killed {
				return
			}
		}
		select {
		case <-a.over:
			return
		case <-time.After(pause):
		}
	}
}

// anyOf reports whether one of the processes still runs.
func anyOf(processes, running []proc.Process) bool {
	return slices.ContainsFunc(processes, func(p proc.Process) bool {
		return slices.ContainsFunc(running,
			func(r proc.Process) bool { return r.PID == p.PID && r.Start == p.Start && !r.Zombie })
	})
}

// shutdown answers a shutdown_request and ends the session. For a restart, Jupyter starts a new kernel.
func (s *server) shutdown(r *request) {
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
func (s *server) end() {
	if s.stopping.Swap(true) {
		return
	}
	close(s.ending)
	for _, waiting := range s.queue.close() {
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

// watch watches a running cell, to ask for input that it waits for and to measure what it uses. The returned function
// ends the watch and returns the usage of the cell.
func (s *server) watch(ctx context.Context, cell *run, engine *gonb.Engine, a *attempt) func() proc.Usage {
	const interval = 100 * time.Millisecond
	const share = 50 // looking at processes takes at most 1/50 of the time, as there may be many
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	sampler := proc.NewSampler(engine.PID)
	go func() {
		defer close(ended)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		sent := time.Now()
		next := sent.Add(interval)
		for {
			select {
			case <-ctx.Done():
				return
			case <-engine.Done():
				return
			case <-tick.C:
			}
			if a.mu.TryLock() { // otherwise a message is being handled, and a later tick will do
				s.stderr(cell, a.stderr.Tick())
				a.mu.Unlock()
			}
			looked := time.Now()
			if looked.Before(next) {
				continue
			}
			sampler.Sample()
			waits, pid := s.wantsInput(cell, engine)
			s.noteBuild(cell, engine, looked.Sub(sent))
			next = looked.Add(share * time.Since(looked))
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
