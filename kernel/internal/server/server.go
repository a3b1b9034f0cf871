// Package server is the kernel that a Jupyter front end talks to. It owns the sockets and answers at any time, also
// while a cell runs; cells it hands to GoNB, one at a time, in the form that GoNB understands, and what comes back it
// puts right and passes on. When GoNB dies it starts another.
//
// The way of a cell: [server.serve] decodes a request, the [queue] keeps the order, [server.execute] rewrites the cell
// (package source), sends it to GoNB (package gonb), passes the outputs on at a pace that front ends bear (package
// output), and makes of a failure something to read (package report).
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
	"continuousnet/kernel/internal/history"
	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/wire"
)

// Options are what a session is started with.
type Options struct {
	ConnectionFile string
	Program        string                               // the kernel's own program, which is also its guard
	GoNB           func(connectionFile string) []string // GoNB's command line
	Env            []string                             // of GoNB and of the cells
	Front          map[string]string                    // programs that GoNB and cells find before those in PATH, by name
	Gopls          string                               // the program, which may come while the session runs
	NoGopls        func() (brief, long string)          // says why there is no gopls yet
	Sources        func(importPath string) string       // the directory of a package, "" if it is unknown
	Checkout       string                               // the project, whose packages cells import; empty if it has gone
	Notice         string                               // shown with the first cell: what is wrong with the installation
	Grace          time.Duration                        // from an interrupt to the end of a cell that goes on all the same
	Interrupt      <-chan os.Signal                     // Ctrl-C, where the kernel was started by hand
	History        string                               // file
	Version        string                               // of this program
	GoVersion      string
	Log            *log.Logger
}

// shutdownGrace is how long a running cell has to save when the kernel ends. Jupyter kills a kernel after 5 s, and
// sends a signal after half of that.
const shutdownGrace = 2 * time.Second

// Directories below the session's, which goes with the session.
const (
	binDir    = "bin"   // Options.Front
	tempDir   = "tmp"   // TMPDIR of GoNB and of the cells
	goplsDir  = "gopls" // what gopls takes for the module of the cells
	socketDir = "gonb"  // the sockets to GoNB
)

// server is one session.
type server struct {
	o          Options
	connection wire.Connection
	key        []byte
	id         string // the kernel's, as Jupyter knows it
	session    string
	sockets    *wire.Sockets
	dir        string // where Jupyter started the kernel, and where cells run
	processes  *proc.Session
	history    *history.History
	memory     source.Memory
	locals     source.Locals
	replay     wire.Replay
	dropped    counters
	queue      queue
	comms      comms
	engine     supervisor
	assistant  assistant
	token      string // marks the messages of cells in their standard output
	started    time.Time

	repeat sync.Mutex // held while stillBusy looks and speaks: no busy comes behind a cell's idle

	displays map[string]string // which cell made a display id; for the one that handles outputs
	ending   chan struct{}     // closed when the session begins to end

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

	s := &server{
		o: o, connection: connection, key: []byte(connection.Key), id: kernelID(o.ConnectionFile), session: wire.NewID(),
		dir: dir, processes: processes, token: strings.ReplaceAll(wire.NewID(), "-", ""), started: time.Now(),
		displays: map[string]string{}, ending: make(chan struct{}),
	}
	// Answers first: a front end waits for them, and GoNB takes longer.
	if s.sockets, err = wire.Listen(connection); err != nil {
		return err
	}
	defer s.sockets.Close()
	if s.history, err = history.Open(o.History); err != nil {
		o.Log.Printf("history is not kept: %v", err)
	}
	defer s.history.Close()

	asked := ctx.Done()
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx)) // who asks for the end still lets a cell save
	defer s.stop()
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

// furnish makes the directories of a session.
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

// sweep removes what sessions that were killed have left behind.
func (s *server) sweep() {
	proc.Sweep(proc.BaseDir(), s.o.Log.Writer())
}

// keepFresh keeps the session's directory from those who remove what is old in temporary directories.
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

// linger gives the last messages time to leave: the ZeroMQ library sends what is published from a queue of its own, and
// closing the socket drops it.
func (s *server) linger() { time.Sleep(100 * time.Millisecond) }

func (s *server) current() *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

// ended notes that no cell runs any more.
func (s *server) ended() {
	s.repeat.Lock()
	defer s.repeat.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = nil
}

// environment returns the environment of GoNB and of the cells.
func (s *server) environment() []string {
	path := filepath.Join(s.processes.Dir, binDir)
	own := map[string]string{
		"TMPDIR":           filepath.Join(s.processes.Dir, tempDir), // removed with the session, and all that is left in it
		cell.TokenVariable: s.token,
		proc.SessionEnv:    s.processes.Dir,
	}
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
