//go:build linux

package proc

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestInputReachesProgram(t *testing.T) {
	programs := map[string][]string{
		"go":     {os.Args[0], "echo"},
		"bash":   {"bash", "-c", `while read x; do echo "got $x"; done`},
		"nested": {"bash", "-c", `bash -c 'while read x; do echo "got $x"; done'; echo`},
		"python": {"python3", "-c", "while True: print('got', input(), flush=True)"},
	}
	for name, program := range programs {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(program[0]); err != nil {
				t.Skip(err)
			}
			gonb, out := served(t, append(program, newMark(t))...)
			for _, line := range []string{"ada", "grace"} {
				var pid int
				eventually(t, "waiting for input", func() bool {
					var ok bool
					pid, ok = WaitsForInput(gonb)
					return ok
				})
				if err := Feed(gonb, pid, line+"\n"); err != nil {
					t.Fatal(err)
				}
				if got := out.await(t, "got"); got != line {
					t.Errorf("%q arrived as %q", line, got)
				}
			}
			if err := killTree(gonb); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestProgramThatDoesNotRead(t *testing.T) {
	mark := newMark(t)
	gonb, out := served(t, os.Args[0], "meek", mark)
	out.await(t, "ready")
	if pid, ok := WaitsForInput(gonb); ok {
		t.Errorf("process %d waits for input", pid)
	}
	cell := marked(mark)
	var pid int
	for _, p := range cell {
		if p.PID != gonb {
			pid = p.PID
		}
	}
	if err := Feed(gonb, pid, "kept for later\n"); err != nil {
		t.Error(err)
	}
	if err := Feed(gonb, pid, strings.Repeat("x", 1<<20)); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("a megabyte nobody reads: %v", err)
	}
	if err := Feed(gonb, gonb, "x"); !errors.Is(err, errNoInput) {
		t.Errorf("input for GoNB itself: %v", err)
	}
	if err := killTree(gonb); err != nil {
		t.Error(err)
	}
}

// A program that waits for another program does not wait for the user.
func TestReadingAnotherPipe(t *testing.T) {
	gonb, _ := served(t, "bash", "-c", "sleep 1000 | cat")
	eventually(t, "cat reads", func() bool {
		for _, p := range Descendants(gonb) {
			if p.Comm == "cat" && readsInput(p.PID) {
				return true
			}
		}
		return false
	})
	if pid, ok := WaitsForInput(gonb); ok {
		t.Errorf("process %d waits for input", pid)
	}
}

func TestIsReadOfStdin(t *testing.T) {
	read := "0"
	if !isReadOfStdin("0 0x0 0x7f 0x1") {
		read = "63" // the architectures with the generic table
	}
	for call, want := range map[string]bool{
		read + " 0x0 0x7ffcd0b84a96 0x1 0x0 0x7fa8df39ec68 0x0 0x7ffcd0b84988 0x7fa8df2c32ad\n": true,
		read + " 0x3 0x7ffcd0b84a96 0x1 0x0 0x7fa8df39ec68 0x0 0x7ffcd0b84988 0x7fa8df2c32ad\n": false,
		"202 0x0 0x80 0x0 0x0 0x0 0x0 0x25084397c90 0x484ae3\n":                                 false,
		"running\n": false,
		"":          false,
	} {
		if got := isReadOfStdin(call); got != want {
			t.Errorf("isReadOfStdin(%q) = %v", call, got)
		}
	}
}

func TestOpenMode(t *testing.T) {
	for info, want := range map[string]int64{
		"pos:\t0\nflags:\t00\nmnt_id:\t16\n":      int64(os.O_RDONLY),
		"pos:\t0\nflags:\t02004001\nmnt_id:\t1\n": int64(os.O_WRONLY),
	} {
		if got, ok := openMode(info); !ok || got != want {
			t.Errorf("openMode(%q) = %d, %v, want %d", info, got, ok, want)
		}
	}
	if _, ok := openMode("pos:\t0\n"); ok {
		t.Error("a mode without flags")
	}
}
