//go:build linux

package proc

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The tests run this program again, under the part that its first argument names. The last argument is the test's mark
// in the command line, by which the test counts what is left.
func TestMain(m *testing.M) {
	program, err := os.Executable()
	check(err)
	os.Args[0] = program
	if len(os.Args) > 1 {
		if part, ok := parts[os.Args[1]]; ok {
			os.Exit(part(os.Args[2:]))
		}
	}
	os.Exit(m.Run())
}

var parts map[string]func(args []string) int

func init() {
	parts = map[string]func([]string) int{
		SharedCommand: func(args []string) int { return RunShared(args, os.Stderr) },
		"guard":       func(args []string) int { return RunGuard(args, os.Stdin, os.Stdout, os.Stderr) },

		// supervisor [sleeper|gonb] MARK is a kernel: a session, a guard, GoNB.
		"supervisor": playSupervisor,
		// gonb [clean] MARK has a child with a child in another session, and two daemons: one that cleared its
		// environment, and one that did not. With "clean" the first of the two is left out.
		"gonb": playGoNB,
		// serve PROGRAM... runs a program as GoNB runs a cell: pipes at its stdin, stdout and stderr.
		"serve": playServe,

		"family": func(args []string) int {
			child := again("sleeper", last(args))
			child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			return startAndWait(child)
		},
		"daemons": func(args []string) int {
			for _, kind := range args[:len(args)-1] {
				child := again("sleeper", last(args))
				child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
				if kind == "unmarked" {
					child.Env = []string{}
				}
				check(child.Start())
			}
			return 0
		},
		// sleeper MARK can only be killed.
		"sleeper": func([]string) int {
			signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
			fmt.Println("ready")
			time.Sleep(time.Hour)
			return 0
		},
		// meek MARK ends on SIGINT.
		"meek": func([]string) int {
			fmt.Println("ready")
			time.Sleep(time.Hour)
			return 0
		},
		// echo MARK reads two lines.
		"echo": func([]string) int {
			for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
				fmt.Println("got", scanner.Text())
			}
			return 0
		},
		// burn MARK takes 50 ms of processor time and 64 MB of memory; then it waits for a line.
		"burn": func([]string) int {
			memory := make([]byte, 64<<20)
			for i := 0; i < len(memory); i += 512 {
				memory[i] = 1
			}
			var used syscall.Rusage
			for used.Utime.Nano()+used.Stime.Nano() < int64(50*time.Millisecond) {
				check(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
			}
			fmt.Println("ready")
			bufio.NewReader(os.Stdin).ReadString('\n')
			runtime.KeepAlive(memory)
			return 0
		},
		// orphan MARK ends when its parent has gone, launcher MARK stands between.
		"orphan": func([]string) int {
			gone := ParentGone(context.Background())
			fmt.Println("ready")
			<-gone
			return 0
		},
		"launcher": func(args []string) int { return startAndWait(again("orphan", last(args))) },
		"jupyter": func(args []string) int {
			os.Setenv(parentEnv, fmt.Sprint(os.Getpid()))
			return startAndWait(again(args[0], last(args)))
		},
		// sharer BASE MARK uses a shared sleeper until it is killed.
		"sharer": func(args []string) int {
			_, err := JoinShared(sleeperOptions(args[0], args[1]))
			check(err)
			fmt.Println("joined")
			time.Sleep(time.Hour)
			return 0
		},
		"starter": func(args []string) int {
			check(Start(again("sleeper", last(args))))
			time.Sleep(time.Hour)
			return 0
		},
	}
}

func playSupervisor(args []string) int {
	session, err := NewSession()
	check(err)
	guard, err := StartGuard(os.Args[0], session.Dir, os.Stderr)
	check(err)
	check(session.SetGuard(guard.PID()))
	gonb, err := guard.Start(slices.Concat([]string{os.Args[0]}, args), os.Environ(), "/")
	check(err)
	check(session.SetGoNB(gonb))
	report, err := json.Marshal(started{session.Dir, guard.PID(), gonb})
	check(err)
	fmt.Println("started", string(report))
	<-guard.Exited()
	return 0
}

type started struct {
	Dir         string
	Guard, GoNB int
}

func playGoNB(args []string) int {
	signal.Ignore(syscall.SIGINT)
	check(os.WriteFile(filepath.Join(os.Getenv(SessionEnv), "leftover"), nil, 0o600))
	kinds := []string{"marked", "unmarked"}
	if args[0] == "clean" {
		kinds = kinds[:1]
	}
	check(again("family", last(args)).Start())
	check(again(append(append([]string{"daemons"}, kinds...), last(args))...).Run())
	time.Sleep(time.Hour)
	return 0
}

func playServe(args []string) int {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT) // as GoNB does: a child must not inherit that it is ignored
	cell := exec.Command(args[0], args[1:]...)
	stdin, err := cell.StdinPipe()
	check(err)
	defer stdin.Close()
	output, err := cell.StdoutPipe()
	check(err)
	errors, err := cell.StderrPipe()
	check(err)
	check(cell.Start())
	go io.Copy(os.Stderr, errors)
	_, err = io.Copy(os.Stdout, output)
	check(err)
	_ = cell.Wait() // how it ended does not matter
	fmt.Println("cell ended")
	time.Sleep(time.Hour)
	return 0
}

func again(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd
}

func startAndWait(cmd *exec.Cmd) int {
	check(cmd.Run())
	return 0
}

func last(args []string) string { return args[len(args)-1] }

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// patience is when a test gives up on what should happen at once.
const patience = 5 * time.Minute

var marks atomic.Int64

// newMark returns the mark of a test. When the test ends nothing with this mark may be left.
func newMark(t *testing.T) string {
	t.Helper()
	mark := fmt.Sprintf("mark-%d-%d", os.Getpid(), marks.Add(1))
	t.Cleanup(func() {
		if left := marked(mark); len(left) > 0 && !t.Failed() {
			t.Errorf("left behind: %s", describe(left))
		}
		if err := killAll(func(p Process) bool { return isMarked(p, mark) }, nil); err != nil {
			t.Error(err)
		}
	})
	return mark
}

// marked returns the running processes of a test.
func marked(mark string) []Process {
	return slices.DeleteFunc(table(), func(p Process) bool { return p.Zombie || !isMarked(p, mark) })
}

func isMarked(p Process, mark string) bool {
	line, err := os.ReadFile(procFile(p.PID, "cmdline"))
	return err == nil && slices.Contains(strings.Split(string(line), "\x00"), mark)
}

// eventually waits for a condition that no event announces.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}

// output collects what the processes of a test write.
type output struct {
	file  *os.File // for them
	lines chan string
}

func newOutput(t *testing.T) *output {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	o := &output{write, make(chan string, 100)}
	go func() {
		defer close(o.lines)
		for scanner := bufio.NewScanner(read); scanner.Scan(); {
			o.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() { write.Close() })
	return o
}

// await returns the next line that begins with prefix, without it.
func (o *output) await(t *testing.T, prefix string) string {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case line, ok := <-o.lines:
			if rest, found := strings.CutPrefix(line, prefix); found {
				return strings.TrimSpace(rest)
			}
			if !ok {
				t.Fatalf("no line %q", prefix)
			}
			t.Log(line)
		case <-timeout:
			t.Fatalf("no line %q within %v", prefix, patience)
		}
	}
}

func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		t.Fatalf("no %s within %v", what, patience)
		panic("unreachable")
	}
}

func kill(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatalf("cannot send %v to %d: %v", sig, pid, err)
	}
}
