package server

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/output"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/report"
	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/wire"
)

// ShowCall is the function that the kernel calls with the value of a cell's last expression, and showImport its import.
const (
	ShowCall   = "cnetcell.Show"
	showImport = `import cnetcell "continuousnet/kernel/cell"`
	timeCall   = "defer cnetcell.Time()()"
)

// textLimit bounds the text of a cell that waits to be shown; showing that much takes some seconds.
const textLimit = 4 << 20

const (
	// lastOutputs is the time for which outputs of a cell are still sent when the kernel ends.
	lastOutputs = time.Second
	// goneTime bounds the wait for the end of a GoNB that takes no messages.
	goneTime = 5 * time.Second
)

// executeRequest is the content of an execute_request.
type executeRequest struct {
	Code            string         `json:"code"`
	Silent          bool           `json:"silent"`
	StoreHistory    *bool          `json:"store_history"`
	UserExpressions map[string]any `json:"user_expressions"`
	AllowStdin      bool           `json:"allow_stdin"`
	StopOnError     bool           `json:"stop_on_error"`
}

func (e executeRequest) stores() bool { return !e.Silent && (e.StoreHistory == nil || *e.StoreHistory) }

// executeReply is the content of an execute_reply.
type executeReply struct {
	Status          string           `json:"status"`
	Count           int              `json:"execution_count"`
	UserExpressions map[string]any   `json:"user_expressions"`
	Payload         []map[string]any `json:"payload"`
	Name            string           `json:"ename,omitempty"`
	Value           string           `json:"evalue,omitempty"`
	Traceback       []string         `json:"traceback,omitempty"`
}

// byteOrderMark begins files of some editors, of which cells are pasted. Go knows it at the beginning of a file alone.
const byteOrderMark = "\ufeff"

// executed is the metadata of an execute_reply: ipykernel's, which JupyterLab records with the times of a cell.
type executed struct {
	Started string `json:"started,omitempty"`
	Status  string `json:"status"`
}

// run is a cell being executed.
type run struct {
	req     *request
	content executeRequest
	count   int
	stream  *output.Stream
	payload []map[string]any
	timed   bool // the time that the program takes is printed

	stop  chan struct{}   // closed by the first interrupt
	done  chan struct{}   // closed when the cell has ended
	shown map[string]bool // display ids that the cell has used; accessed only where GoNB's messages are handled
	views map[string]view // of widgets, by display id; likewise

	captured atomic.Pointer[capture] // instead of being published; nil: it is

	mu           sync.Mutex
	attempt      *attempt
	input        chan string   // what the user has typed, for the attempt
	answered     chan struct{} // of the last input_request; closed and nil when the user has answered
	gonbAsks     bool          // GoNB asks for input by itself
	gonbAlways   bool          // GoNB asks by itself for every input of this cell
	refusedInput bool          // the cell wants input and cannot get it
	pressed      bool          // interrupted
	interrupted  proc.Activity
	interrupter  *proc.Interrupter          // for the attempt
	links        []*commLink                // of processes that have opened comms
	left         map[string]json.RawMessage // of widgets that have gone: formats by model
	panics       map[string]string          // what values of panics are like, by their addresses

	lineMu sync.Mutex        // may be locked while mu is not
	line   output.Unfinished // holds back what may be a prompt

	noticed, clears, shows bool // see building.go; under lineMu
}

// attempt is one execution of a run by GoNB. A run may need more than one.
type attempt struct {
	id    string // of the message to GoNB
	reply chan json.RawMessage
	idle  chan struct{}
	over  chan struct{} // closed when the attempt has ended

	past       bool           // nobody begins to interrupt it any more; guarded by the run's mu
	interrupts sync.WaitGroup // those who interrupt its processes

	mu       sync.Mutex // held while a message is handled
	splitter *output.Splitter
	stderr   report.Stderr
	begun    bool // GoNB has sent a message for it
	ended    bool
}

// answered stores GoNB's first reply.
func (a *attempt) answered(content json.RawMessage) {
	select {
	case a.reply <- content:
	default:
	}
}

// quiet records that GoNB has sent all outputs of the cell.
func (a *attempt) quiet() {
	select {
	case <-a.idle:
	default:
		close(a.idle)
	}
}

// end ends the attempt, after which messages for it are ignored. It returns the rest of stderr, and whether GoNB had
// begun.
func (a *attempt) end() (stderr string, begun bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.splitter.Flush()
	a.ended = true
	close(a.over)
	return output.ValidText(a.stderr.Rest()), a.begun
}

// enqueue queues an execute_request, or aborts it if there is no room.
func (s *server) enqueue(r *request) {
	if !s.queue.push(r) {
		s.abort(r)
	}
}

// abort answers a cell that is not executed. The answer has no execution count, which front ends would show beside the
// cell.
func (s *server) abort(r *request) {
	s.status(r.Message, "busy")
	s.replyWith(r, "execute_reply", map[string]string{"status": "aborted"}, raw(executed{Status: "aborted"}))
	s.status(r.Message, "idle")
	s.stillBusy()
}

// counted returns the execution counter.
func (s *server) counted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// executeAll executes the cells of the queue, one after the other, until the queue is closed.
func (s *server) executeAll(ctx context.Context) {
	for {
		r := s.queue.pop()
		if r == nil {
			return
		}
		s.execute(ctx, r)
	}
}

func (s *server) execute(ctx context.Context, r *request) {
	cell := &run{req: r, content: executeRequest{StopOnError: true}, stop: make(chan struct{}),
		done: make(chan struct{})}
	if err := decode(r, &cell.content); err != nil {
		defer s.status(r.Message, "idle")
		s.status(r.Message, "busy")
		s.reply(r, "execute_reply", executeReply{Status: "error", Count: s.counted(), Name: "RequestError",
			Value: err.Error(), Traceback: []string{err.Error()}})
		return
	}
	cell.content.Code = strings.TrimPrefix(cell.content.Code, byteOrderMark)
	blank, started := strings.TrimSpace(cell.content.Code) == "", time.Now()
	s.mu.Lock()
	if cell.content.stores() && !blank {
		s.count++
	}
	cell.count = s.count
	cell.stream = output.New(func(msgType string, content, metadata json.RawMessage, buffers [][]byte) {
		s.publishRaw(r.RawHeader, msgType, content, metadata, buffers)
		s.sockets.AwaitReaders(s.ending)
	}, output.Options{Limit: textLimit})
	s.running = cell
	s.mu.Unlock()
	s.status(r.Message, "busy")
	if !cell.content.Silent {
		s.publish(r.RawHeader, "execute_input",
			map[string]any{"code": cell.content.Code, "execution_count": cell.count})
	}
	if cell.content.stores() && !blank {
		if err := s.history.Add(cell.count, cell.content.Code); err != nil {
			s.o.Log.Printf("history: %v", err)
		}
	}
	var failure *report.Report
	expressions := map[string]any{}
	if !blank {
		s.notice(cell)
		failure = s.runSafely(ctx, cell)
		s.awaitLinks(cell)
		s.endViews(cell)
	}
	if failure == nil {
		expressions = s.evaluateAll(ctx, cell)
	}
	reply := executeReply{Status: "ok", Count: cell.count, UserExpressions: expressions, Payload: cell.payload}
	if reply.Payload == nil {
		reply.Payload = []map[string]any{}
	}
	if failure != nil {
		reply.Status, reply.Name, reply.Value, reply.Traceback = "error", failure.Name, failure.Value, failure.Traceback
		if !cell.content.Silent {
			cell.endText()
			cell.stream.Message("error",
				raw(errorContent{Name: failure.Name, Value: failure.Value, Traceback: failure.Traceback}), nil, nil)
		}
	}
	cell.endText()
	s.awaitAnswer(cell)
	s.flush(cell.stream)
	s.ended()
	close(cell.done)

	// Which cells are aborted is decided before the reply is sent, as a client that has read the error may send the
	// next cell at once. After an interrupt they are aborted even if the cell has ended well: whoever stops "run all"
	// means all cells.
	var aborted []*request
	if (failure != nil || cell.stopped()) && cell.content.StopOnError {
		aborted = s.queue.drain()
	}
	s.replyWith(r, "execute_reply", reply, raw(executed{wire.Date(started), reply.Status}))
	s.status(r.Message, "idle")
	for _, waiting := range aborted {
		s.abort(waiting)
	}
}

// notice shows a problem of the installation with the first cell, once.
func (s *server) notice(cell *run) {
	if s.o.Notice != "" && !s.noticed && !cell.content.Silent {
		s.noticed = true
		cell.text("stderr", s.o.Notice+"\n")
	}
}

// Limits of the output of an interrupted cell that may still wait to be sent, which takes a second or two.
const (
	enoughText     = 256 << 10 // bytes
	enoughBytes    = 8 << 20   // of messages, fewer than those that block the cell
	enoughMessages = 500
)

// message queues an output of the cell. It ignores outputs of silent cells, and of interrupted cells for which enough
// is waiting.
func (c *run) message(msgType string, content, metadata json.RawMessage, buffers [][]byte) {
	if c.content.Silent || c.captured.Load() != nil || c.stopped() && c.showsEnough() {
		return
	}
	c.releaseLine()
	c.stream.Message(msgType, content, metadata, buffers)
}

func (c *run) showsEnough() bool {
	waiting := c.stream.Stats()
	return waiting.WaitingBytes > enoughBytes || waiting.WaitingMessages > enoughMessages
}

// stopped reports whether the cell was interrupted.
func (c *run) stopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pressed
}

// text queues text of a stream. If the front end can be asked for input, an unfinished line waits; see prompt.go.
func (c *run) text(name, text string) {
	if c.captured.Load() != nil {
		return
	}
	c.lineMu.Lock()
	defer c.lineMu.Unlock()
	if !c.content.AllowStdin {
		c.show([]output.Text{{Name: name, Text: text}})
		return
	}
	c.show(c.line.Write(name, text))
}

// flush waits until the outputs of a cell have been sent. When the kernel ends, it waits no longer than lastOutputs.
func (s *server) flush(stream *output.Stream) {
	defer stream.Close()
	flushed := make(chan struct{})
	go func() {
		defer close(flushed)
		stream.Flush() // Close ends it, too
	}()
	select {
	case <-flushed:
		return
	case <-s.ending:
	}
	select {
	case <-flushed:
	case <-time.After(lastOutputs):
	}
}

// runSafely calls runCell. A panic in it ends the cell and not the kernel.
func (s *server) runSafely(ctx context.Context, cell *run) (failure *report.Report) {
	defer s.survive("this cell", func(err error) {
		failure = failed("KernelError", err.Error())
	})
	return s.runCell(ctx, cell)
}

// runCell executes the code of a cell; nil means that it succeeded.
func (s *server) runCell(ctx context.Context, cell *run) *report.Report {
	code, failure := s.magics(cell)
	if failure != nil || strings.TrimSpace(code) == "" {
		return failure
	}
	options := s.showing()
	if cell.timed && options.Show != "" {
		options.First = timeCall
	}
	rewritten := source.Rewrite(code, options)
	healed := map[string]bool{}
	for again := true; ; {
		result := s.attempt(ctx, cell, rewritten)
		if result.unheard && again {
			again = false
			continue
		}
		if result.dotImport != "" && !healed[result.dotImport] &&
			!slices.Contains(rewritten.DotImports, result.dotImport) {
			// GoNB remembers "import ." of an earlier cell, and the compiler refuses it where nothing of it is used.
			healed[result.dotImport] = true
			if s.forget(ctx, ".~"+result.dotImport) {
				continue
			}
		}
		s.remember(rewritten, result)
		return result.failure
	}
}

// result is the outcome of an attempt.
type result struct {
	failure   *report.Report
	unbuilt   bool   // the cell was not compiled
	unread    bool   // its special commands were not carried out either
	unheard   bool   // GoNB ended before it started the cell
	dotImport string // the path of a dot import that an earlier cell made and this one does not use
}

// attempt sends a cell to GoNB and waits until it is done.
func (s *server) attempt(ctx context.Context, cell *run, rewritten source.Rewritten) result {
	engine, err := s.engine.ready(ctx, cell.stop)
	if errors.Is(err, errStopped) {
		return result{failure: interruptedBy("before it began"), unbuilt: true, unread: true}
	}
	if err != nil {
		return result{failure: failed("EngineError", err.Error()), unbuilt: true, unread: true}
	}
	cell.text("stderr", s.engine.takeLost())
	a, header := s.prepare(cell, engine, rewritten)
	if cell.stopped() { // while there was nothing to interrupt
		cell.finish(a)
		return result{failure: interruptedBy("before it began"), unbuilt: true, unread: true}
	}
	number := s.engine.number(cell, rewritten)
	s.expect(cell.count, rewritten)
	endWatch := s.watch(ctx, cell, engine, a)
	err = engine.Send(gonb.Shell, &wire.Message{Header: header, Content: raw(map[string]any{
		"code": rewritten.Code, "silent": false, "store_history": true, "user_expressions": map[string]any{},
		"allow_stdin": cell.content.AllowStdin, "stop_on_error": false,
	})})
	var reply json.RawMessage
	if err == nil {
		select {
		case reply = <-a.reply:
			select {
			case <-a.idle: // the outputs have come, too
			case <-engine.Done():
			case <-ctx.Done():
			}
		case <-engine.Done():
			select {
			case reply = <-a.reply:
			default:
			}
		case <-ctx.Done():
		}
	} else {
		select { // it has ended, or it is as good as that
		case <-engine.Done():
		case <-ctx.Done():
		case <-time.After(goneTime):
		}
	}
	used := endWatch()
	stderr, begun := cell.finish(a)
	if reply == nil {
		s.stderr(cell, stderr)
		return result{failure: s.engineDied(engine), unbuilt: true, unread: true, unheard: !begun && !s.stopping.Load()}
	}
	s.mu.Lock()
	s.last = used
	s.mu.Unlock()
	return s.judge(cell, rewritten, reply, stderr, number)
}

// finish ends an attempt; see attempt.end. It waits for whoever still looks for processes to interrupt, who would find
// those of the next cell.
func (c *run) finish(a *attempt) (stderr string, begun bool) {
	stderr, begun = a.end()
	c.mu.Lock()
	a.past = true
	c.mu.Unlock()
	a.interrupts.Wait()
	return stderr, begun
}

// prepare makes a new attempt the current one of the cell.
func (s *server) prepare(cell *run, engine *gonb.Engine, rewritten source.Rewritten) (*attempt, wire.Header) {
	header := engine.NewHeader("execute_request")
	a := &attempt{id: header.MsgID, reply: make(chan json.RawMessage, 1), idle: make(chan struct{}),
		over: make(chan struct{})}
	show := func(text string) { cell.text("stdout", report.CellPlaces(text)) }
	if hasCommand(rewritten, "%test") {
		show = func(text string) { cell.text("stdout", report.Places(text, s.engine.cells())) } // t.Log names lines
	}
	a.splitter = output.NewSplitter(s.token, show,
		func(kind string, body []byte) { s.said(cell, kind, body) })
	s.engine.parent(a.id, cell.req.Message)
	cell.mu.Lock()
	defer cell.mu.Unlock()
	cell.attempt = a
	cell.interrupter = &proc.Interrupter{GoNB: engine.PID, Grace: s.o.Grace}
	cell.input, cell.answered = make(chan string, 1), nil
	cell.gonbAlways = hasCommand(rewritten, "%with_inputs") || hasCommand(rewritten, "%with_password")
	cell.gonbAsks = cell.gonbAlways
	return a, header
}
