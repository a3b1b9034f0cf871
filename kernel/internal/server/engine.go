package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/output"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/report"
	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/wire"
	"continuousnet/kernel/internal/words"
)

// maxParents is the number of recent requests to which late outputs can still be assigned.
const maxParents = 1024

// supervisor keeps a GoNB running, and keeps what the next one has to be told.
type supervisor struct {
	s *server

	mu       sync.Mutex
	guard    *proc.Guard
	engine   *gonb.Engine
	starting chan struct{} // closed when engine or err is set
	err      error
	lost     string                     // a message with what could not be restored, for the next cell
	sent     int                        // the number of cells sent to this GoNB, which is its execution counter
	numbers  map[int]numbered           // the cells by that counter
	former   []numbered                 // the cells of the GoNBs before, oldest first
	settings []string                   // special commands that changed GoNB's state
	parents  map[string]json.RawMessage // headers of the front end's requests, by the id of the message to GoNB
	order    []string                   // the keys of parents, oldest first
	waiting  map[string]chan error      // results of the server's own messages, by id
}

// startEngine starts the guard, and GoNB in the background.
func (s *server) startEngine(ctx context.Context) error {
	s.engine = supervisor{s: s, parents: map[string]json.RawMessage{}, waiting: map[string]chan error{}}
	if _, err := s.engine.liveGuard(); err != nil {
		return err
	}
	s.engine.start(ctx)
	return nil
}

// liveGuard returns the guard; it starts another one if the guard has ended.
func (v *supervisor) liveGuard() (*proc.Guard, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.guard != nil && !v.guard.Gone() {
		return v.guard, nil
	}
	guard, err := proc.StartGuard(v.s.o.Program, v.s.processes.Dir, v.s.o.Log.Writer())
	if err != nil {
		return nil, err
	}
	v.guard = guard
	return guard, v.s.processes.SetGuard(guard.PID())
}

// start starts a GoNB in the background; ready waits for it.
func (v *supervisor) start(ctx context.Context) {
	v.mu.Lock()
	done := make(chan struct{})
	for _, n := range slices.Sorted(maps.Keys(v.numbers)) {
		v.former = append(v.former, v.numbers[n])
	}
	v.former = v.former[max(0, len(v.former)-maxFormer):]
	v.engine, v.err, v.starting, v.sent, v.numbers = nil, nil, done, 0, map[int]numbered{}
	settings := append([]string{"%noautoget"}, v.settings...) // goFront would skip it, but it takes time
	v.mu.Unlock()
	go func() {
		engine, err := v.startGoNB(ctx)
		if err == nil {
			err = v.restore(ctx, engine, settings)
		}
		v.mu.Lock()
		v.engine, v.err = engine, err
		v.mu.Unlock()
		close(done)
	}()
}

func (v *supervisor) startGoNB(ctx context.Context) (*gonb.Engine, error) {
	for again := true; ; again = false {
		guard, err := v.liveGuard()
		if err != nil {
			return nil, err
		}
		engine, err := gonb.Start(ctx, gonb.Options{
			Guard: guard, Dir: filepath.Join(v.s.processes.Dir, socketDir), Name: filepath.Base(v.s.o.ConnectionFile),
			Args: v.s.o.GoNB, Env: v.s.environment(), WorkDir: v.s.dir, Handle: v.route,
		})
		if err == nil {
			return engine, v.s.processes.SetGoNB(engine.PID)
		}
		if !again || !errors.Is(err, proc.ErrGuardGone) || v.s.stopping.Load() {
			return nil, err
		}
	}
}

// errRefused is the error for code that GoNB cannot compile or carry out.
var errRefused = errors.New("GoNB refuses it")

// restore sends a new GoNB the settings and declarations of the one before it. Those that it refuses are left out and
// reported.
func (v *supervisor) restore(ctx context.Context, engine *gonb.Engine, settings []string) error {
	var lost []string
	try := func(code string) error {
		err := v.run(ctx, engine, code)
		if errors.Is(err, errRefused) {
			lost = append(lost, strings.TrimSpace(code))
			return nil
		}
		return err
	}
	for _, setting := range settings {
		if err := try(setting); err != nil {
			return err
		}
	}
	declarations := source.Rewrite(v.s.memory.Cell(), source.Options{}).Code
	if declarations == "" {
		return v.report(lost)
	}
	err := v.run(ctx, engine, declarations)
	if !errors.Is(err, errRefused) {
		return errors.Join(err, v.report(lost))
	}
	for _, declaration := range v.s.memory.Texts() {
		if err := try(source.Rewrite(declaration, source.Options{}).Code); err != nil {
			return err
		}
	}
	return v.report(lost)
}

// report stores what could not be restored, for the next cell.
func (v *supervisor) report(lost []string) error {
	if len(lost) > 0 {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.lost = "GoNB was started again; these could not be restored:\n    " +
			strings.ReplaceAll(strings.Join(lost, "\n"), "\n", "\n    ") + "\n"
	}
	return nil
}

// takeLost returns the message about what could not be restored, and clears it.
func (v *supervisor) takeLost() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	lost := v.lost
	v.lost = ""
	return lost
}

var errStopped = errors.New("interrupted before it began")

// ready returns GoNB when it is ready, or errStopped when stop is closed. A GoNB that has ended is started again, once.
func (v *supervisor) ready(ctx context.Context, stop <-chan struct{}) (*gonb.Engine, error) {
	for again := true; ; again = false {
		v.mu.Lock()
		starting := v.starting
		v.mu.Unlock()
		select {
		case <-starting:
		case <-stop:
			return nil, errStopped
		case <-ctx.Done():
			return nil, errors.New("the kernel is shutting down")
		}
		v.mu.Lock()
		engine, err := v.engine, v.err
		v.mu.Unlock()
		if err == nil {
			select {
			case <-engine.Done():
				err = fmt.Errorf("it ended: %s", engine.Exit().Status)
			default:
				return engine, nil
			}
		}
		if !again {
			return nil, fmt.Errorf("GoNB cannot be started: %w; "+
				"try to restart the kernel, or run: go run ./kernel doctor", err)
		}
		v.start(context.Background())
	}
}

// run runs code in GoNB without showing its output.
func (v *supervisor) run(ctx context.Context, engine *gonb.Engine, code string) error {
	v.s.expectNothing()
	header := engine.NewHeader("execute_request")
	done := make(chan error, 1)
	v.mu.Lock()
	v.sent++
	v.waiting[header.MsgID] = done
	v.mu.Unlock()
	defer func() {
		v.mu.Lock()
		delete(v.waiting, header.MsgID)
		v.mu.Unlock()
	}()
	if err := engine.Send(gonb.Shell, &wire.Message{Header: header, Content: raw(map[string]any{
		"code": code, "silent": false, "store_history": true, "allow_stdin": false,
	})}); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-engine.Done():
		return fmt.Errorf("GoNB ended: %s", engine.Exit().Status)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// number registers a cell that is about to be sent, and returns the number that GoNB will give it.
func (v *supervisor) number(cell *run, rewritten source.Rewritten) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sent++
	sent := strings.Split(rewritten.Code, "\n")
	for i := range sent {
		sent[i] = words.Squeezed(sent[i])
	}
	label, code := fmt.Sprintf("cell [%d]", cell.count), cell.content.Code
	if c := cell.captured.Load(); c != nil {
		label, code = "a user expression", c.code
	}
	v.numbers[v.sent] = numbered{label, strings.Split(code, "\n"), sent, rewritten}
	return v.sent
}

// route passes on a message from GoNB: to the cell that runs, to a call of run, or to the front end.
func (v *supervisor) route(e gonb.Event) {
	defer v.s.survive("a message from GoNB", nil)
	id := wire.ParentID(e.Message.Parent)
	if cell := v.s.current(); cell != nil {
		cell.mu.Lock()
		a := cell.attempt
		cell.mu.Unlock()
		if a != nil && a.id == id {
			v.s.fromGoNB(cell, a, e)
			return
		}
	}
	kind := e.Message.Header.MsgType
	v.mu.Lock()
	done, own := v.waiting[id]
	parent, known := v.parents[id]
	v.mu.Unlock()
	if own {
		if e.Channel == gonb.Shell && kind == "execute_reply" {
			done <- refusal(e.Message.Content)
		}
		return
	}
	// What remains are late outputs of a cell that has ended, and messages of widgets, which may come much later.
	isComm := strings.HasPrefix(kind, "comm_")
	if !isComm && (!known || e.Channel != gonb.IOPub || kind == "status" || kind == "execute_input") {
		return
	}
	if isComm {
		if v.s.pageHeard(e) {
			return
		}
		v.s.commFromGoNB(e)
	}
	content := output.Objects(e.Message.Content)
	if kind == "stream" {
		if name, text, ok := output.StreamText(content); ok {
			content = raw(map[string]string{"name": name, "text": output.ValidText(text)})
		}
	}
	v.s.publishRaw(parent, kind, content, e.Message.Metadata, e.Message.Buffers)
}

// refusal returns the error in an execute_reply, or nil.
func refusal(reply json.RawMessage) error {
	var content struct {
		Status string `json:"status"`
		Value  string `json:"evalue"`
	}
	if err := json.Unmarshal(reply, &content); err != nil {
		return err
	}
	if content.Status != "ok" {
		return fmt.Errorf("%w: %s", errRefused, content.Value)
	}
	return nil
}

// current returns the GoNB that is ready; nil if none is.
func (v *supervisor) current() *gonb.Engine {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.engine
}

// parent records the request of the front end to which a message to GoNB belongs.
func (v *supervisor) parent(id string, m *wire.Message) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.parents[id] = m.RawHeader
	v.order = append(v.order, id)
	if len(v.order) > maxParents {
		delete(v.parents, v.order[0])
		v.order = v.order[1:]
	}
}

// forward passes a request on to GoNB.
func (v *supervisor) forward(r *request) {
	engine := v.current()
	if engine == nil {
		return // widgets come from cells, and no cell has run
	}
	header := engine.NewHeader(r.Header.MsgType)
	v.parent(header.MsgID, r.Message)
	m := &wire.Message{Header: header, Metadata: r.Metadata, Content: r.Content, Buffers: r.Buffers}
	if err := engine.Send(gonb.Shell, m); err != nil {
		v.s.o.Log.Printf("%s: %v", r.Header.MsgType, err)
	}
}

// maxFormer bounds the number of cells that are kept of earlier GoNBs.
const maxFormer = 2000

// maxSettings bounds the number of special commands that are kept.
const maxSettings = 1000

// keep stores a special command for the next GoNB. It replaces an earlier command for the same setting.
func (v *supervisor) keep(command string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.settings = append(slices.DeleteFunc(v.settings, func(old string) bool { return sameSetting(old, command) }),
		command)
	if len(v.settings) > maxSettings {
		v.settings = v.settings[1:]
	}
}

// kept returns the special commands that are kept.
func (v *supervisor) kept() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.settings)
}

// sameSetting reports whether command overrides an earlier command.
func sameSetting(old, command string) bool {
	a, b := strings.Fields(old), strings.Fields(command)
	if old == command || len(a) == 0 || len(b) == 0 || a[0] != b[0] {
		return old == command
	}
	switch a[0] {
	case "%goflags":
		return len(b) > 1
	case "%env":
		name := func(words []string) string {
			if len(words) < 2 {
				return ""
			}
			name, _, _ := strings.Cut(words[1], "=")
			return name
		}
		return name(a) == name(b)
	}
	return false
}

// close ends GoNB and all processes that it has started.
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

// engineDied returns the error of a cell during which GoNB ended, and starts the next GoNB.
func (s *server) engineDied(engine *gonb.Engine) *report.Report {
	s.comms.clearGoNB()
	if s.stopping.Load() {
		return failed("Interrupted", "the kernel is shutting down")
	}
	value := fmt.Sprintf("GoNB, which compiles and runs the cells, ended while this cell ran (%s)",
		engine.Exit().Status)
	text := value + ".\nIt is started again and gets the declarations of the earlier cells back; " +
		"run this cell once more."
	s.engine.start(context.Background())
	return &report.Report{Name: "EngineDied", Value: value, Traceback: strings.Split(text, "\n")}
}
