// Package server is the kernel as a Jupyter front end sees it. It listens on the kernel's sockets and answers requests
// at any time, also while a cell runs. It passes cells to GoNB, one at a time and in a form that GoNB understands, and
// passes the corrected outputs and errors on to the front end. If GoNB dies, it starts another one.
//
// The way of a cell: [server.serve] decodes the request, the [queue] keeps the order, and [server.execute] rewrites the
// cell (package source), sends it to GoNB (package gonb), passes the outputs on at a rate that front ends can take
// (package output), and turns a failure into a readable error (package report).
package server

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"continuousnet/kernel/cell"
	"continuousnet/kernel/internal/commlink"
	"continuousnet/kernel/internal/history"
	"continuousnet/kernel/internal/hook"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/program"
	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/usermodule"
	"continuousnet/kernel/internal/wire"
	"continuousnet/kernel/values"
)

// Options are the settings of a session.
type Options struct {
	ConnectionFile string
	Program        string                               // the path of the kernel's program, which is also the guard
	GoNB           func(connectionFile string) []string // returns GoNB's command line
	Env            []string                             // of GoNB and of the cells
	NoCache        bool                                 // Go has no build cache; the session makes its own
	FillCache      func(dir string) error               // puts into that what is compiled already; may be nil
	Front          map[string]string                    // programs, by name, that GoNB and cells find before PATH's
	GoCommand      string                               // the real go command
	HasC           func() bool                          // reports whether there is a C compiler
	Gopls          string                               // the program, which may come while the session runs
	GoplsIdle      time.Duration                        // after which gopls, without a question, is let go
	NoGopls        func() (brief, long string)          // says why there is no gopls yet
	Sources        func(importPath string) string       // returns the directory of a package, "" if it is unknown
	Checkout       string                               // the project, whose packages cells import; empty if missing
	Own            usermodule.Workspace                 // the notebook's modules, whose packages cells import, too
	Notebook       string                               // its file, if the front end has told it
	Notice         string                               // a problem of the installation, shown with the first cell
	Grace          time.Duration                        // the time from an interrupt until a cell is killed
	Interrupt      <-chan os.Signal                     // delivers Ctrl-C if the kernel was started by hand
	History        string                               // file
	Version        string                               // of this program
	GoVersion      string
	Log            *log.Logger
}

// shutdownGrace is the time that a running cell has to save when the kernel ends. Jupyter signals a kernel after half
// of 5 s and then kills it.
const shutdownGrace = 2 * time.Second

// Directories below that of the session, with which they are removed.
const (
	binDir    = "bin"   // the programs of Options.Front
	tempDir   = "tmp"   // TMPDIR of GoNB and of the cells
	goplsDir  = "gopls" // the module of the cells, for gopls
	socketDir = "gonb"  // the sockets to GoNB
	cacheDir  = "cache" // Go's build cache where the user has none
)

// server is the state of a session.
type server struct {
	o          Options
	connection wire.Connection
	key        []byte
	id         string // the kernel's, as Jupyter knows it
	session    string
	sockets    *wire.Sockets
	dir        string // the directory in which Jupyter started the kernel and cells run
	processes  *proc.Session
	history    *history.History
	memory     source.Memory
	program    *program.Session // the variables
	replay     wire.Replay
	dropped    counters
	queue      queue
	comms      comms
	page       page
	engine     supervisor
	assistant  assistant
	importable importable
	token      string // marks the messages of cells in their standard output
	started    time.Time

	repeat sync.Mutex // held by stillBusy, so that no busy follows the idle of a cell

	displays map[string]string // the cell that made a display id; used only where GoNB's messages are handled
	ending   chan struct{}     // closed when the session begins to end

	building sync.Mutex
	built    prepared // the program that GoNB builds

	mu      sync.Mutex
	running *run // the cell being executed
	count   int  // the execution counter
	last    proc.Usage
	noticed bool

	stopping atomic.Bool
	stop     context.CancelFunc
}

// Run serves a session until the front end shuts it down, the program that started it goes away, or ctx ends.
func Run(ctx context.Context, o Options) error {
	connection, err := wire.ReadConnection(o.ConnectionFile)
	if err != nil {
		return err
	}
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("the directory in which cells run: %w", err)
	}
	processes, err := proc.NewSession()
	if err != nil {
		return err
	}
	defer processes.Close()
	if err := furnish(processes.Dir, o.Front); err != nil {
		return err
	}

	if o.NoCache && o.FillCache != nil {
		if err := o.FillCache(filepath.Join(processes.Dir, cacheDir)); err != nil {
			o.Log.Printf("cells compile what they import anew: %v", err)
		}
	}

	s := &server{
		o: o, connection: connection, key: []byte(connection.Key), id: kernelID(o.ConnectionFile),
		session: wire.NewID(), dir: dir, processes: processes,
		token: strings.ReplaceAll(wire.NewID(), "-", ""), started: time.Now(),
		displays: map[string]string{}, ending: make(chan struct{}),
	}
	// The sockets come first: a front end waits for answers, and GoNB takes longer to start.
	if s.sockets, err = wire.Listen(connection, s.welcome); err != nil {
		return err
	}
	defer s.sockets.Close()
	if s.history, err = history.Open(o.History); err != nil {
		o.Log.Printf("history is not kept: %v", err)
	}
	defer s.history.Close()

	asked := ctx.Done()
	// When the caller's context ends, a cell may still save.
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	defer s.stop()
	closeVariables, err := s.startVariables()
	if err != nil {
		return fmt.Errorf("the session's directory: %w", err)
	}
	defer closeVariables()
	closeComms, err := s.serveComms()
	if err != nil {
		return fmt.Errorf("the session's directory: %w", err)
	}
	defer closeComms()
	s.queue.init()
	s.publish(nil, "status", map[string]string{"execution_state": "starting"})
	if err := s.startEngine(ctx); err != nil {
		return err
	}
	s.startAssistant()

	go s.serve("shell", s.sockets.Shell)
	go s.serve("control", s.sockets.Control)
	go s.serve("stdin", s.sockets.Stdin)
	go s.sweep()
	go s.keepFresh(ctx)
	executing := make(chan struct{})
	go func() {
		defer close(executing)
		s.executeAll(ctx)
	}()
	for gone, ended := proc.ParentGone(ctx), false; !ended; {
		select {
		case <-ctx.Done():
			ended = true
		case <-asked:
			asked = nil
			s.end()
		case <-o.Interrupt:
			s.interruptCell()
		case <-gone:
			s.o.Log.Print("the program that started this kernel has gone; the kernel ends")
			gone = nil
			s.end()
		}
	}
	s.end() // if ctx has ended by itself
	<-executing
	s.assistant.close()
	s.engine.close()
	s.linger()
	return nil
}

// furnish makes the directories of a session, and links to the programs of Options.Front.
func furnish(dir string, front map[string]string) error {
	for _, name := range []string{binDir, tempDir, goplsDir, socketDir} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			return fmt.Errorf("the session's directory: %w", err)
		}
	}
	for name, program := range front {
		if err := os.Symlink(program, filepath.Join(dir, binDir, name)); err != nil {
			return fmt.Errorf("the session's directory: %w", err)
		}
	}
	return nil
}

// kernelID returns the id in the name of the connection file, kernel-ID.json.
func kernelID(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), ".json")
	return strings.TrimPrefix(name, "kernel-")
}

// sweep cleans up after sessions that were killed.
func (s *server) sweep() {
	proc.Sweep(proc.BaseDir(), s.o.Log.Writer())
}

// keepFresh touches the session's directory every day, so that cleaners of old temporary files leave it alone.
func (s *server) keepFresh(ctx context.Context) {
	day := time.NewTicker(24 * time.Hour)
	defer day.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-day.C:
			if err := s.processes.Touch(); err != nil {
				s.o.Log.Print(err)
			}
		}
	}
}

// linger gives the last messages time to be sent: the ZeroMQ library publishes from a queue of its own, which it drops
// when the socket is closed.
func (s *server) linger() { time.Sleep(100 * time.Millisecond) }

func (s *server) current() *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

// ended records that no cell runs any more.
func (s *server) ended() {
	s.repeat.Lock()
	defer s.repeat.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = nil
}

// ownEnvironment returns the variables that the kernel sets for GoNB and the cells.
func (s *server) ownEnvironment() map[string]string {
	own := map[string]string{
		"TMPDIR":           filepath.Join(s.processes.Dir, tempDir), // removed with the session
		cell.TokenVariable: s.token,
		proc.SessionEnv:    s.processes.Dir,
		commlink.SocketEnv: filepath.Join(s.processes.Dir, commFile),
		hook.SocketEnv:     filepath.Join(s.processes.Dir, hookFile),
		values.DirVariable: s.valuesPath(),
	}
	if s.o.NoCache {
		own["GOCACHE"] = filepath.Join(s.processes.Dir, cacheDir)
	}
	return own
}

// environment returns the environment of GoNB and of the cells.
func (s *server) environment() []string {
	path := filepath.Join(s.processes.Dir, binDir)
	own := s.ownEnvironment()
	env := slices.DeleteFunc(slices.Clone(s.o.Env), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		_, ok := own[name]
		return ok // of two entries a program takes the first
	})
	for i, variable := range env {
		if rest, ok := strings.CutPrefix(variable, "PATH="); ok {
			env[i] = "PATH=" + path + string(filepath.ListSeparator) + rest
		}
	}
	for name, value := range own {
		env = append(env, name+"="+value)
	}
	return env
}
