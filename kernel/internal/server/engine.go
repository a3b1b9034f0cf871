package server

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/output"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/report"
	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/wire"
)

// maxParents is how many cells back an output that comes late finds its cell.
const maxParents = 1024

// supervisor keeps a GoNB running and knows what it was told.
type supervisor struct {
	s     *Server
	guard *proc.Guard

	mu       sync.Mutex
	engine   *gonb.Engine
	starting chan struct{} // closed when engine or err is there
	err      error
	sent     int                      // cells that this GoNB has got: its execution counter
	numbers  map[int]numbered         // by that counter
	settings []string                 // special commands that changed its state
	displays map[string]bool          // display ids that have been used
	parents  map[string]*wire.Message // requests of the front end, by the id of the message to GoNB
	order    []string                 // the keys of parents, oldest first
	waiting  map[string]chan struct{} // messages of the server's own, by id
}

// numbered is a cell that GoNB got.
type numbered struct {
	label     string
	text      []string // the user's lines
	rewritten source.Rewritten
}

// startEngine starts the guard and, behind it, GoNB.
func (s *Server) startEngine(ctx context.Context) error {
	s.engine = supervisor{s: s, displays: map[string]bool{}, parents: map[string]*wire.Message{},
		waiting: map[string]chan struct{}{}}
	if err := s.engine.startGuard(); err != nil {
		return err
	}
	s.engine.start(ctx)
	return nil
}

func (v *supervisor) startGuard() error {
	guard, err := proc.StartGuard(v.s.o.Program, v.s.processes.Dir, v.s.o.Log.Writer())
	if err != nil {
		return err
	}
	v.mu.Lock()
	v.guard = guard
	v.mu.Unlock()
	return v.s.processes.SetGuard(guard.PID())
}

// start starts a GoNB in the background. Cells wait for it in ready.
func (v *supervisor) start(ctx context.Context) {
	v.mu.Lock()
	done, last := make(chan struct{}), v.engine
	v.engine, v.err, v.starting, v.sent, v.numbers = nil, nil, done, 0, map[int]numbered{}
	settings := append([]string(nil), v.settings...)
	v.mu.Unlock()
	go func() {
		engine, err := v.startGoNB(ctx, last)
		if err == nil {
			go v.receive(engine)
			err = v.restore(ctx, engine, settings)
		}
		v.mu.Lock()
		v.engine, v.err = engine, err
		v.mu.Unlock()
		close(done)
	}()
}

// startGoNB starts a GoNB, after the last one if there was one.
func (v *supervisor) startGoNB(ctx context.Context, last *gonb.Engine) (*gonb.Engine, error) {
	if last != nil && last.Exit().GuardLost {
		if err := v.startGuard(); err != nil {
			return nil, err
		}
	}
	v.mu.Lock()
	guard := v.guard
	v.mu.Unlock()
	engine, err := gonb.Start(ctx, gonb.Options{
		Guard: guard, Dir: filepath.Join(v.s.processes.Dir, socketDir), Name: filepath.Base(v.s.o.ConnectionFile),
		Args: v.s.o.GoNB, Env: v.s.environment(), WorkDir: v.s.dir,
	})
	if err != nil {
		return nil, err
	}
	return engine, v.s.processes.SetGoNB(engine.PID)
}

// restore tells a new GoNB what the one before it knew.
func (v *supervisor) restore(ctx context.Context, engine *gonb.Engine, settings []string) error {
	code := strings.Join(settings, "\n")
	if code != "" {
		if err := v.run(ctx, engine, code); err != nil {
			return err
		}
	}
	if declarations := v.s.memory.Cell(); declarations != "" {
		return v.run(ctx, engine, declarations)
	}
	return nil
}

// ready waits for GoNB. One that has died is started again.
func (v *supervisor) ready(ctx context.Context) (*gonb.Engine, error) {
	for range 2 {
		v.mu.Lock()
		starting := v.starting
		v.mu.Unlock()
		select {
		case <-starting:
		case <-ctx.Done():
			return nil, fmt.Errorf("the kernel is shutting down")
		}
		v.mu.Lock()
		engine, err := v.engine, v.err
		v.mu.Unlock()
		if err == nil {
			select {
			case <-engine.Done():
			default:
				return engine, nil
			}
		}
		v.start(ctx)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return nil, fmt.Errorf("GoNB cannot be started: %w; try to restart the kernel, or run: go run ./kernel doctor", v.err)
}

// quietly runs code in GoNB without showing anything.
func (v *supervisor) quietly(ctx context.Context, code string) error {
	engine, err := v.ready(ctx)
	if err != nil {
		return err
	}
	return v.run(ctx, engine, code)
}

func (v *supervisor) run(ctx context.Context, engine *gonb.Engine, code string) error {
	header := engine.NewHeader("execute_request")
	done := make(chan struct{})
	v.mu.Lock()
	v.sent++
	v.waiting[header.MsgID] = done
	v.mu.Unlock()
	defer func() {
		v.mu.Lock()
		delete(v.waiting, header.MsgID)
		v.mu.Unlock()
	}()
	if err := engine.SendAs(gonb.Shell, header, map[string]any{
		"code": code, "silent": false, "store_history": true, "allow_stdin": false,
	}); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-engine.Done():
		return fmt.Errorf("GoNB ended: %s", engine.Exit().Status)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// number registers a cell that is about to be sent, under the number that GoNB will give it.
func (v *supervisor) number(cell *run, rewritten source.Rewritten) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sent++
	v.numbers[v.sent] = numbered{fmt.Sprintf("cell [%d]", cell.count), strings.Split(cell.content.Code, "\n"), rewritten}
	return v.sent
}

// receive routes what GoNB says.
func (v *supervisor) receive(engine *gonb.Engine) {
	for {
		select {
		case e := <-engine.Events():
			v.route(e)
		case <-engine.Done():
			return
		}
	}
}

func (v *supervisor) route(e gonb.Event) {
	id := wire.ParentID(e.Message.Parent)
	if cell := v.s.current(); cell != nil {
		cell.mu.Lock()
		a := cell.attempt
		cell.mu.Unlock()
		if a != nil && a.id == id {
			v.s.commFromGoNB(e)
			v.s.fromGoNB(cell, a, e)
			return
		}
	}
	v.mu.Lock()
	done, own := v.waiting[id]
	parent := v.parents[id]
	v.mu.Unlock()
	if own {
		if e.Channel == gonb.Shell && e.Message.Header.MsgType == "execute_reply" {
			close(done)
		}
		return
	}
	// What is left are late outputs of a cell that is done, and what widgets say, which may be long after.
	kind := e.Message.Header.MsgType
	isComm := strings.HasPrefix(kind, "comm_")
	if !isComm && (parent == nil || e.Channel != gonb.IOPub || kind == "status" || kind == "execute_input") {
		return
	}
	v.s.commFromGoNB(e)
	var header json.RawMessage
	if parent != nil {
		header = parent.RawHeader
	}
	v.s.publishRaw(header, kind, output.Objects(e.Message.Content), e.Message.Metadata, e.Message.Buffers)
}

// parent remembers which request of the front end a message to GoNB stands for.
func (v *supervisor) parent(id string, m *wire.Message) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.parents[id] = m
	v.order = append(v.order, id)
	if len(v.order) > maxParents {
		delete(v.parents, v.order[0])
		v.order = v.order[1:]
	}
}

// forward passes a request on to GoNB.
func (v *supervisor) forward(r *request) {
	v.mu.Lock()
	engine := v.engine
	v.mu.Unlock()
	if engine == nil {
		return // widgets come from cells, and no cell has run
	}
	header := engine.NewHeader(r.Header.MsgType)
	v.parent(header.MsgID, r.Message)
	if err := engine.SendAs(gonb.Shell, header, r.Content); err != nil {
		v.s.o.Log.Printf("%s: %v", r.Header.MsgType, err)
	}
}

// keep remembers a special command for the next GoNB.
func (v *supervisor) keep(command string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.settings = append(v.settings, command)
}

// displayType is the message for a display id: the first shows, later ones update.
func (v *supervisor) displayType(id string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.displays[id] {
		return "update_display_data"
	}
	v.displays[id] = true
	return "display_data"
}

// close ends GoNB and everything that it started.
func (v *supervisor) close() {
	v.mu.Lock()
	guard := v.guard
	v.mu.Unlock()
	if guard == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	if err := guard.Stop(ctx); err != nil {
		v.s.o.Log.Printf("stopping GoNB: %v", err)
	}
}

// engineDied reports a cell during which GoNB ended, and starts the next one.
func (s *Server) engineDied(engine *gonb.Engine) *report.Report {
	s.comms.clear()
	if s.stopping.Load() {
		return &report.Report{Name: "Interrupted", Value: "the kernel is shutting down", Traceback: []string{"the kernel is shutting down"}}
	}
	value := fmt.Sprintf("GoNB, which compiles and runs the cells, ended while this cell ran (%s)", engine.Exit().Status)
	text := value + ".\nIt is started again and gets the declarations of the earlier cells back; run this cell once more."
	s.engine.start(context.Background())
	return &report.Report{Name: "EngineDied", Value: value, Traceback: strings.Split(text, "\n")}
}

// cells finds the user's text behind GoNB's numbers.
func (v *supervisor) cells() report.Cells { return numberedCells{v} }

type numberedCells struct{ v *supervisor }

// Line implements [report.Cells].
func (c numberedCells) Line(id, line int) (cell string, userLine int, text string, ok bool) {
	c.v.mu.Lock()
	defer c.v.mu.Unlock()
	n, ok := c.v.numbers[id]
	if !ok || line < 1 || line > len(n.rewritten.Lines) {
		return "", 0, "", false
	}
	at := n.rewritten.Lines[line-1]
	if at < 0 || at >= len(n.text) {
		return "", 0, "", false
	}
	return n.label, at + 1, n.text[at], true
}
