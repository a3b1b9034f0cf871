package server

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
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
)

// ShowCall is the call that the kernel puts around a cell's last expression.
const (
	ShowCall   = "cnetcell.Show"
	showImport = `import cnetcell "continuousnet/kernel/cell"`
)

// textLimit bounds the text of a cell that waits to be shown: at the pace of the front end it takes some seconds.
const textLimit = 4 << 20

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

// run is a cell being executed.
type run struct {
	req     *request
	content executeRequest
	count   int
	stream  *output.Stream
	payload []map[string]any

	input chan string   // what was typed
	heard atomic.Int64  // when it wrote last, in Unix nanoseconds
	done  chan struct{} // closed when the cell has ended

	mu           sync.Mutex
	attempt      *attempt
	stderr       crash
	asked        bool // an input_request is open
	gonbAsks     bool // GoNB asks for input by itself
	gonbAlways   bool // and will do it again
	refusedInput bool // the cell wants input and cannot get it
	pressed      bool // interrupted
	interrupted  proc.Activity
	interrupter  *proc.Interrupter
}

// attempt is one way of a run through GoNB.
type attempt struct {
	id       string // of the message to GoNB
	splitter *output.Splitter
	begun    atomic.Bool // GoNB has said something
	reply    chan json.RawMessage
	idle     chan struct{}
}

// enqueue takes an execute_request.
func (s *Server) enqueue(r *request) {
	if s.stopping.Load() || !s.queue.push(r) {
		s.abort(r)
	}
}

// abort answers a cell that is not executed.
func (s *Server) abort(r *request) {
	s.status(r.Message, "busy")
	s.reply(r, "execute_reply", map[string]any{"status": "aborted", "execution_count": s.counted()})
	s.status(r.Message, "idle")
	s.stillBusy()
}

// counted is the execution counter.
func (s *Server) counted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// executeAll executes the cells of the queue, one after the other, until the queue is closed.
func (s *Server) executeAll(ctx context.Context) {
	for {
		r := s.queue.pop()
		if r == nil {
			return
		}
		s.execute(ctx, r)
	}
}

func (s *Server) execute(ctx context.Context, r *request) {
	cell := &run{req: r, content: executeRequest{StopOnError: true}, input: make(chan string, 1), done: make(chan struct{})}
	s.status(r.Message, "busy")
	defer s.status(r.Message, "idle")
	if err := decode(r, &cell.content); err != nil {
		s.reply(r, "execute_reply", executeReply{Status: "error", Count: s.counted(), Name: "RequestError", Value: err.Error(), Traceback: []string{err.Error()}})
		return
	}
	blank := strings.TrimSpace(cell.content.Code) == ""
	s.mu.Lock()
	if cell.content.stores() && !blank {
		s.count++
	}
	cell.count = s.count
	s.running = cell
	s.mu.Unlock()

	cell.stream = output.New(func(msgType string, content, metadata json.RawMessage, buffers [][]byte) {
		s.publishRaw(r.RawHeader, msgType, content, metadata, buffers)
	}, output.Options{Limit: textLimit})
	if !cell.content.Silent {
		s.publish(r.RawHeader, "execute_input", map[string]any{"code": cell.content.Code, "execution_count": cell.count})
	}
	if cell.content.stores() && !blank {
		if err := s.history.Add(cell.count, cell.content.Code); err != nil {
			s.o.Log.Printf("history: %v", err)
		}
	}
	var failure *report.Report
	if !blank {
		s.notice(cell)
		failure = s.runCell(ctx, cell)
	}
	reply := executeReply{Status: "ok", Count: cell.count, UserExpressions: map[string]any{}, Payload: cell.payload}
	if reply.Payload == nil {
		reply.Payload = []map[string]any{}
	}
	if failure != nil {
		reply.Status, reply.Name, reply.Value, reply.Traceback = "error", failure.Name, failure.Value, failure.Traceback
		cell.message("error", raw(errorContent{Name: failure.Name, Value: failure.Value, Traceback: failure.Traceback}))
	}
	cell.stream.Flush()
	cell.stream.Close()
	s.ended()
	close(cell.done)

	// What waits is aborted before the reply: a client that has read the error may send the next cell at once. After an
	// interrupt it is, too, when the cell has ended well: whoever stops "run all" does not mean one cell of many.
	cell.mu.Lock()
	pressed := cell.pressed
	cell.mu.Unlock()
	if (failure != nil || pressed) && cell.content.StopOnError {
		for _, waiting := range s.queue.drain() {
			s.abort(waiting)
		}
	}
	s.reply(r, "execute_reply", reply)
}

// notice says once, with the first cell, what is wrong with the installation.
func (s *Server) notice(cell *run) {
	if s.o.Notice != "" && !s.noticed && !cell.content.Silent {
		s.noticed = true
		cell.stream.Text("stderr", s.o.Notice+"\n")
	}
}

// message puts an output in its place among the texts of the cell. A silent cell has none.
func (c *run) message(msgType string, content json.RawMessage) {
	if !c.content.Silent {
		c.stream.Message(msgType, content, nil, nil)
	}
}

func (c *run) text(name, text string) {
	if !c.content.Silent && text != "" {
		c.stream.Text(name, text)
	}
}

// runCell executes the code of a cell; nil means that it succeeded.
func (s *Server) runCell(ctx context.Context, cell *run) *report.Report {
	code, failure := s.magics(cell)
	if failure != nil || strings.TrimSpace(code) == "" {
		return failure
	}
	options := source.Options{Show: ShowCall, ShowImport: showImport, Displays: s.memory.Displays()}
	if s.o.Checkout == "" { // package cell has gone with it
		options.Show, options.ShowImport = "", ""
	}
	rewritten := source.Rewrite(code, options)
	healed := map[string]bool{}
	for again := true; ; {
		result := s.attempt(ctx, cell, rewritten)
		if result.unheard && again {
			again = false
			continue
		}
		if result.dotImport != "" && !healed[result.dotImport] && !slices.Contains(rewritten.DotImports, result.dotImport) {
			// GoNB remembers "import ." of an earlier cell, and the compiler refuses it where nothing of it is used.
			healed[result.dotImport] = true
			if s.forget(ctx, ".~"+result.dotImport) {
				continue
			}
		}
		if !result.unbuilt {
			s.remember(cell, rewritten)
		}
		return result.failure
	}
}

// result is how an attempt ended.
type result struct {
	failure   *report.Report
	unbuilt   bool
	unheard   bool   // GoNB ended before it began with the cell
	dotImport string // the path of a dot import that an earlier cell made and this one does not use
}

// attempt sends a cell to GoNB and waits until it is done.
func (s *Server) attempt(ctx context.Context, cell *run, rewritten source.Rewritten) result {
	engine, err := s.engine.ready(ctx)
	if err != nil {
		return result{failure: &report.Report{Name: "EngineError", Value: err.Error(), Traceback: []string{err.Error()}}}
	}
	header := engine.NewHeader("execute_request")
	a := &attempt{id: header.MsgID, reply: make(chan json.RawMessage, 1), idle: make(chan struct{})}
	a.splitter = output.NewSplitter(s.token, func(text string) { cell.text("stdout", text) },
		func(kind string, body []byte) { s.said(cell, kind, body) })
	cell.mu.Lock()
	if cell.pressed {
		cell.mu.Unlock()
		return result{failure: interruptedBy("before it began"), unbuilt: true}
	}
	cell.attempt = a
	cell.stderr = crash{}
	cell.gonbAlways = asksByItself(rewritten.Special)
	cell.gonbAsks = cell.gonbAlways
	cell.mu.Unlock()
	s.engine.parent(a.id, cell.req.Message)
	number := s.engine.number(cell, rewritten)

	endWatch := s.watch(ctx, cell, engine)
	if err := engine.SendAs(gonb.Shell, header, map[string]any{
		"code": rewritten.Code, "silent": false, "store_history": true, "user_expressions": map[string]any{},
		"allow_stdin": cell.content.AllowStdin, "stop_on_error": false,
	}); err != nil {
		endWatch()
		return result{failure: s.engineDied(engine), unbuilt: true, unheard: true}
	}
	var reply json.RawMessage
	select {
	case reply = <-a.reply:
		select {
		case <-a.idle: // the outputs have come, too
		case <-engine.Done():
		case <-ctx.Done():
		}
	case <-engine.Done():
	case <-ctx.Done():
	}
	used := endWatch()
	a.splitter.Flush()
	if reply == nil {
		cell.text("stderr", cell.stderr.rest())
		return result{failure: s.engineDied(engine), unbuilt: true, unheard: !a.begun.Load() && !s.stopping.Load()}
	}
	s.mu.Lock()
	s.last = used
	s.mu.Unlock()
	return s.judge(cell, reply, number)
}

// hideShow takes the kernel's own call out of what the compiler says.
func hideShow(value *string, traceback []string) {
	const words = " in argument to " + ShowCall
	*value = strings.ReplaceAll(*value, words, "")
	for i := range traceback {
		traceback[i] = strings.ReplaceAll(traceback[i], words, "")
	}
}

// noInput is the error of a cell that reads standard input where there is none; the name is ipykernel's.
var noInput = func() report.Report {
	const name, value = "StdinNotImplementedError", "this cell reads standard input, and the front end offers none (allow_stdin is false); the cell was interrupted"
	return report.Report{Name: name, Value: value, Traceback: []string{name + ": " + value}}
}()

// interruptedBuild is the error of a cell that was stopped before it ran.
var interruptedBuild = report.Report{Name: "Interrupted", Value: "interrupted while it was compiled",
	Traceback: []string{"interrupted while it was compiled; nothing of this cell has run"}}

// interruptedBy is the error of a cell that was stopped and did not end well; ending says how.
func interruptedBy(ending string) *report.Report {
	return &report.Report{Name: "Interrupted", Value: "interrupted", Traceback: []string{"interrupted: " + ending}}
}

// asksByItself says whether a cell has GoNB ask for input.
func asksByItself(special []string) bool {
	return slices.ContainsFunc(special, func(command string) bool {
		return strings.HasPrefix(command, "%with_inputs") || strings.HasPrefix(command, "%with_password")
	})
}

// judge makes a result of GoNB's execute_reply.
func (s *Server) judge(cell *run, reply json.RawMessage, number int) result {
	var content struct {
		Status    string   `json:"status"`
		Value     string   `json:"evalue"`
		Traceback []string `json:"traceback"`
	}
	if err := json.Unmarshal(reply, &content); err != nil {
		return result{failure: &report.Report{Name: "EngineError", Value: err.Error(), Traceback: []string{err.Error()}}}
	}
	stderr := cell.stderr.rest()
	cell.mu.Lock()
	pressed, refusedInput, interrupted := cell.pressed, cell.refusedInput, cell.interrupted
	cell.mu.Unlock()
	if refusedInput {
		cell.text("stderr", report.Trim(stderr))
		return result{failure: &noInput}
	}
	if content.Status == "ok" {
		// To GoNB a cell is well whatever the commands in it have done.
		if pressed && gonbEnding.MatchString(stderr) {
			return result{failure: interruptedBy(strings.TrimSpace(strings.TrimPrefix(stderr, "^C")))}
		}
		cell.text("stderr", stderr)
		return result{}
	}
	if pressed && interrupted == proc.Compiling {
		return result{failure: &interruptedBuild, unbuilt: true}
	}
	hideShow(&content.Value, content.Traceback)
	cells := s.engine.cells()
	hints := report.Hints{Cell: number, HasMain: hasMain(cell.content.Code), Locals: s.definedBy}
	if compile, ok := report.Compile(content.Value, content.Traceback, cells, hints); ok {
		cell.text("stderr", stderr)
		return result{failure: &compile, unbuilt: true, dotImport: unusedImport(content.Value)}
	}
	failure, rest, crashed := report.Panic(stderr, cells)
	if crashed {
		cell.text("stderr", rest)
	} else {
		cell.text("stderr", report.Trim(stderr))
		failure = report.Exit(content.Value)
		if pressed {
			return result{failure: interruptedBy(content.Value)}
		}
	}
	return result{failure: &failure}
}

// said handles a message that the cell's own process wrote with package cell.
func (s *Server) said(cell *run, kind string, body []byte) {
	content := output.Objects(json.RawMessage(body))
	switch kind {
	case "result":
		var data map[string]json.RawMessage
		if json.Unmarshal(content, &data) != nil {
			return
		}
		data["execution_count"] = raw(cell.count)
		delete(data, "transient")
		cell.message("execute_result", raw(data))
		var bundle struct {
			Text string `json:"text/plain"`
		}
		if json.Unmarshal(data["data"], &bundle) == nil && cell.content.stores() {
			if err := s.history.SetOutput(cell.count, bundle.Text); err != nil {
				s.o.Log.Printf("history: %v", err)
			}
		}
	case "display":
		cell.message("display_data", content)
	case "update":
		var display struct {
			Transient struct {
				ID string `json:"display_id"`
			} `json:"transient"`
		}
		if json.Unmarshal(content, &display) == nil && display.Transient.ID != "" {
			cell.message(s.engine.displayType(display.Transient.ID), content)
		}
	case "clear":
		cell.message("clear_output", content)
	}
}

// fromGoNB handles a message of the attempt that runs.
func (s *Server) fromGoNB(cell *run, a *attempt, e gonb.Event) {
	a.begun.Store(true)
	m := e.Message
	if e.Channel == gonb.Stdin {
		if m.Header.MsgType == "input_request" {
			cell.mu.Lock()
			cell.gonbAsks = true
			cell.mu.Unlock()
			s.forwardInput(cell, m.Content)
		}
		return
	}
	if e.Channel != gonb.IOPub {
		if m.Header.MsgType == "execute_reply" {
			select {
			case a.reply <- m.Content:
			default:
			}
		}
		return
	}
	switch m.Header.MsgType {
	case "stream":
		var content struct{ Name, Text string }
		if json.Unmarshal(m.Content, &content) != nil {
			return
		}
		cell.heard.Store(time.Now().UnixNano())
		if content.Name == "stdout" {
			a.splitter.Write(content.Text)
		} else {
			cell.text("stderr", cell.stderr.write(content.Text))
		}
	case "status":
		var content struct {
			State string `json:"execution_state"`
		}
		if json.Unmarshal(m.Content, &content) == nil && content.State == "idle" {
			close(a.idle)
		}
	case "execute_input", "error": // the server's own say it better
	default:
		if !cell.content.Silent {
			cell.stream.Message(m.Header.MsgType, output.Objects(m.Content), m.Metadata, m.Buffers)
		}
	}
}

// remember keeps what GoNB now remembers: the declarations of a cell that compiled, and the special commands that
// changed its state.
func (s *Server) remember(cell *run, rewritten source.Rewritten) {
	for _, command := range rewritten.Special {
		name, rest, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(command, "%")), " ")
		if !strings.HasPrefix(command, "%") {
			continue
		}
		switch name {
		case "reset":
			if strings.TrimSpace(rest) == "" {
				s.memory.Reset()
			}
		case "rm", "remove":
			s.memory.Remove(strings.Fields(rest)...)
		case "env", "cd", "goflags", "autoget", "noautoget", "track", "untrack":
			s.engine.keep(command)
		}
	}
	s.memory.Add(rewritten.Decls)
	s.locals.Add(cell.count, rewritten.Locals)
}

// definedBy names the cell whose statements defined a name: its value went with the cell.
func (s *Server) definedBy(name string) (cell string, ok bool) {
	number, ok := s.locals.Cell(name)
	return fmt.Sprintf("cell [%d]", number), ok
}

var mainLine = regexp.MustCompile(`(?m)^(//gonb:)?%(%|main)(\s|$)|^func\s+main\s*\(`)

// hasMain says whether a cell says itself where main is.
func hasMain(code string) bool { return mainLine.MatchString(code) }

var importUnused = regexp.MustCompile(`"([^"\n]+)" imported and not used`)

// unusedImport is the path of an import that the compiler complains about.
func unusedImport(messages string) string {
	if match := importUnused.FindStringSubmatch(messages); match != nil {
		return match[1]
	}
	return ""
}

// forget makes GoNB forget a declaration.
func (s *Server) forget(ctx context.Context, key string) bool {
	s.memory.Remove(key)
	return s.engine.quietly(ctx, "%rm "+key) == nil
}
