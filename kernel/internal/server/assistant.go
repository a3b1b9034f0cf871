package server

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"continuousnet/kernel/internal/gopls"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/usermodule"
)

const (
	// assistTime bounds one completion or inspection. A front end waits less than that; a late answer still warms gopls
	// for the next one.
	assistTime = 10 * time.Second
	// A gopls hangs that has not answered within hangTime what it answers at once, and has used less than workingCPU
	// meanwhile, or has not within hangTries times that: twenty sessions that ask at once keep two cores busy for half
	// a minute.
	hangTime   = 10 * time.Second
	hangTries  = 12
	workingCPU = 50 * time.Millisecond
	// unready and slow are how long a completion waits for gopls, before and after its first answer, if there is one
	// without types. Starting takes gopls about a second.
	unready = 250 * time.Millisecond
	slow    = 2 * time.Second
)

// EnvGoplsIdle is the environment variable with the time after the last question for which a session keeps gopls: a Go
// duration such as 10m.
const EnvGoplsIdle = "CNET_GOPLS_IDLE"

// ParseGoplsIdle parses a value of EnvGoplsIdle. The empty string stands for ten minutes.
func ParseGoplsIdle(value string) (time.Duration, error) {
	if value == "" {
		return 10 * time.Minute, nil
	}
	idle, err := time.ParseDuration(value)
	if err != nil || idle <= 0 {
		return 0, fmt.Errorf("%s is %q; expected a positive duration such as 10m", EnvGoplsIdle, value)
	}
	return idle, nil
}

// assistant answers questions about code with gopls, which sees the cell and the declarations of earlier cells. It does
// not wait for a running cell.
//
// One gopls serves all sessions of a user, each over a connection of its own. It is started by the first question of
// the first session, and ends when the last session has ended or has not asked for a while.
type assistant struct {
	s     *server
	slots chan struct{}

	mu       sync.Mutex // held while a connection is made
	client   *gopls.Client
	own      usermodule.Workspace // as gopls knows it
	shared   *proc.Shared
	idle     *time.Timer
	asked    time.Time // last
	pending  int       // questions under way
	checking bool      // whether gopls hangs
	closed   bool

	telling sync.Mutex
	told    bool // that there is no gopls
}

// errNoGopls is the answer while gopls is not installed, because an installation goes on behind the session.
var errNoGopls = errors.New("gopls is not there yet")

// startAssistant lets questions come. Nothing is started before the first.
func (s *server) startAssistant() {
	s.assistant.s, s.assistant.slots = s, make(chan struct{}, maxAssists)
}

// get returns gopls, and starts it or connects to it if that is needed.
func (a *assistant) get() (*gopls.Client, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, fmt.Errorf("the kernel is shutting down")
	}
	own := a.s.workspace()
	if a.client != nil && a.client.Alive() && slices.Equal(own.Modules, a.own.Modules) &&
		slices.Equal(own.Replace, a.own.Replace) { // otherwise a cell has changed the workspace
		return a.client, nil
	}
	a.leave()
	a.own = own
	if !installed.IsExecutable(a.s.o.Gopls) {
		return nil, errNoGopls
	}
	client, err := a.connect()
	if errors.Is(err, gopls.ErrEnded) { // the one that was joined was just ending; the next one is another
		a.leave()
		client, err = a.connect()
	}
	if err != nil {
		a.leave()
		a.s.o.Log.Printf("completion knows no types: %v", err)
		return nil, err
	}
	a.client = client
	a.idle = time.AfterFunc(a.s.o.GoplsIdle, a.rest)
	return client, nil
}

// connect begins a session with the gopls that all sessions of the user share.
func (a *assistant) connect() (*gopls.Client, error) {
	var err error
	var caches []string
	if a.s.o.NoCache {
		caches = []string{"GOCACHE", "GOPLSCACHE"} // those of this session end with it
	}
	a.shared, err = proc.JoinShared(proc.SharedOptions{
		Base: filepath.Dir(a.s.processes.Dir), Kernel: a.s.o.Program,
		Argv: func(dir string) []string { return gopls.ListenArgs(a.s.o.Gopls, dir) },
		Env:  gopls.SharedEnv(a.s.o.Env, a.s.o.Checkout), Below: caches,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), hangTime)
	defer cancel()
	socket, err := gopls.Dial(ctx, gopls.Socket(a.shared.Dir), a.shared.Running)
	if err != nil {
		return nil, fmt.Errorf("%w; its last words: %s", err, a.shared.LastWords())
	}
	client, err := gopls.Connect(gopls.Options{
		Dir: filepath.Join(a.s.processes.Dir, goplsDir), Checkout: a.s.o.Checkout, Own: a.own, Log: a.s.o.Log.Writer(),
	}, socket)
	if err != nil {
		socket.Close()
	}
	return client, err
}

// workspace returns the modules of the session's go.work, which "!*go work use DIR" in a cell extends.
func (s *server) workspace() usermodule.Workspace {
	files, err := filepath.Glob(filepath.Join(s.processes.Dir, tempDir, "gonb_*", "go.work"))
	if err != nil || len(files) != 1 { // GoNB has not made it yet, or has died and left one
		return s.o.Own
	}
	own, err := usermodule.Read(files[0], s.o.Checkout, filepath.Dir(files[0]))
	if err != nil || len(own.Modules) < len(s.o.Own.Modules) { // it is being written
		return s.o.Own
	}
	return own
}

// leave lets gopls go: it ends, unless another session uses it. The caller holds the lock.
func (a *assistant) leave() {
	if a.idle != nil {
		a.idle.Stop()
	}
	if a.client != nil {
		a.client.Close()
	}
	if a.shared != nil {
		if err := a.shared.Leave(); err != nil {
			a.s.o.Log.Print(err)
		}
	}
	a.client, a.shared = nil, nil
}

// rest lets gopls go if there was no question for a while.
func (a *assistant) rest() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.client == nil {
		return
	}
	if left := a.s.o.GoplsIdle - time.Since(a.asked); left > 0 || a.pending > 0 {
		a.idle.Reset(max(left, a.s.o.GoplsIdle/2))
		return
	}
	a.leave()
}

func (a *assistant) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	a.leave()
}

// ask calls question with gopls, and once more if gopls has ended during the call.
func (a *assistant) ask(question func(context.Context, *gopls.Client) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), assistTime)
	defer cancel()
	defer a.count(-1)
	a.count(1)
	for again := true; ; again = false {
		client, err := a.get()
		if err != nil {
			return err
		}
		err = question(ctx, client)
		if errors.Is(err, context.DeadlineExceeded) {
			go a.check(client)
		}
		if err == nil || client.Alive() || !again {
			return err
		}
	}
}

func (a *assistant) count(change int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending += change
	a.asked = time.Now()
}

// check ends a gopls that hangs; the next question starts another one.
func (a *assistant) check(client *gopls.Client) {
	a.mu.Lock()
	shared, pointless := a.shared, a.checking || a.client != client || a.shared == nil
	a.checking = a.checking || !pointless
	a.mu.Unlock()
	if pointless {
		return
	}
	if err := probe(shared); err != nil && shared.Running() {
		a.s.o.Log.Printf("gopls does not answer, and is started again: %v", err)
		if err := shared.Kill(); err != nil {
			a.s.o.Log.Print(err)
		}
	}
	a.mu.Lock()
	a.checking = false
	a.mu.Unlock()
}

// probe returns an error if a gopls hangs.
func probe(shared *proc.Shared) (err error) {
	for range hangTries {
		used := shared.CPU()
		ctx, cancel := context.WithTimeout(context.Background(), hangTime)
		err = gopls.Probe(ctx, gopls.Socket(shared.Dir))
		cancel()
		if err == nil || shared.CPU()-used < workingCPU {
			break
		}
	}
	return err
}

// complete completes with gopls, or without types where there is no gopls, while it starts, and when it does not
// answer: an answer that knows less is better than a wait, and a wait is better than no answer.
func (a *assistant) complete(document string, offset int) (gopls.Completion, error) {
	type answer struct {
		found gopls.Completion
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		var found gopls.Completion
		err := a.ask(func(ctx context.Context, client *gopls.Client) (err error) {
			found, err = client.Complete(ctx, document, offset)
			return err
		})
		answers <- answer{found, err}
	}()
	plain := func() gopls.Completion { return gopls.Plain(document, offset, a.s.o.Sources) }
	var with answer
	select {
	case with = <-answers:
	case <-time.After(a.patience()):
		if without := plain(); len(without.Matches) > 0 {
			return without, nil
		}
		with = <-answers
	}
	if errors.Is(with.err, errNoGopls) {
		return a.explain(document, plain()), nil
	}
	if with.err != nil && !gopls.IsOvertaken(with.err) {
		// On a busy machine gopls may begin too slowly: then there is nothing yet, which is no error.
		if without := plain(); len(without.Matches) > 0 || errors.Is(with.err, context.DeadlineExceeded) {
			return without, nil
		}
	}
	return with.found, with.err
}

// patience returns how long a completion waits for gopls, if there is one without types.
func (a *assistant) patience() time.Duration {
	if a.mu.TryLock() { // else a connection is being made
		defer a.mu.Unlock()
		if a.client != nil && a.client.Answered() {
			return slow
		}
	}
	return unready
}

// explain adds to the first completion without gopls in a session a match that changes nothing, which says why.
func (a *assistant) explain(document string, found gopls.Completion) gopls.Completion {
	a.telling.Lock()
	defer a.telling.Unlock()
	if !a.told {
		a.told = true
		brief, _ := a.s.o.NoGopls()
		there := document[found.Start:found.End]
		found.Matches = slices.Insert(found.Matches, 0, gopls.Item{Text: there, Kind: brief})
	}
	return found
}
