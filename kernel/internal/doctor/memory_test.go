package doctor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"continuousnet/kernel/internal/proc"
)

func TestDescribeMemory(t *testing.T) {
	created := time.Date(2026, 3, 1, 9, 30, 0, 0, time.Local)
	running := proc.SessionInfo{
		ID: "aa", Live: true, Supervisor: 1, Guard: 2, GoNB: 3, Processes: 5, Memory: 127_000_000, Created: created,
		Parts: []proc.Process{
			{PID: 1, Comm: "kernel", RSS: 6_000_000}, {PID: 2, Comm: "kernel", RSS: 4_000_000},
			{PID: 3, Comm: "gonb", RSS: 7_000_000}, {PID: 4, Comm: "gonb_5fe1", RSS: 100_000_000},
			{PID: 5, Comm: "sleep", RSS: 10_000_000},
		},
	}
	var lines []string
	for _, f := range describeMemory(
		[]proc.SessionInfo{running, {ID: "bb"}},
		[]proc.SharedInfo{{Program: "gopls", PID: 9, Processes: 2, Memory: 150_000_000}},
	) {
		if f.state != good {
			t.Errorf("%+v", f)
		}
		lines = append(lines, f.subject+": "+f.detail)
	}
	want := []string{
		"session: aa since Mar 1 09:30: 127 MB (kernel 1 6 MB, guard 2 4 MB, gonb 3 7 MB, cell 4 100 MB, " +
			"sleep 5 10 MB)",
		"all sessions: gopls 9: 150 MB in 2 processes",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
}

// A session is found with its memory, from another directory's point of view not at all.
func TestCheckMemory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	if all := checkMemory(proc.BaseDir()); len(all) != 0 {
		t.Errorf("nothing runs: %+v", all)
	}
	s, err := proc.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all := checkMemory(proc.BaseDir())
	if len(all) != 1 || !strings.Contains(all[0].detail, s.ID+" since ") {
		t.Fatalf("%+v, want the session %s", all, s.ID)
	}
}
