//go:build linux

package proc

import (
	"os"
	"testing"
	"time"
)

func TestUsage(t *testing.T) {
	// A little less than the program says, because of ticks and pages that are not counted yet.
	const burnt, taken = 40 * time.Millisecond, 60 << 20
	gonb, out := served(t, os.Args[0], "burn", newMark(t))
	sampler := NewSampler(gonb)
	out.await(t, "ready")
	for name, u := range map[string]Usage{"Sample": sample(gonb), "Sampler": sampler.Sample()} {
		if u.Processes != 1 || u.CPU < burnt || u.RSS < taken || u.PeakRSS < u.RSS || u.Wall <= 0 {
			t.Errorf("%s while it runs: %+v", name, u)
		}
	}
	pid, ok := 0, false
	eventually(t, "waiting for input", func() bool { pid, ok = WaitsForInput(gonb); return ok })
	if rss, err := RSS(pid); err != nil || rss < taken {
		t.Errorf("RSS = %d, %v", rss, err)
	}
	if err := Feed(gonb, pid, "\n"); err != nil {
		t.Fatal(err)
	}
	out.await(t, "cell ended")
	if u := sampler.Sample(); u.Processes != 0 || u.RSS != 0 || u.CPU < burnt || u.PeakRSS < taken {
		t.Errorf("Sampler after its end: %+v", u)
	}
	if u := sample(gonb); u != (Usage{}) {
		t.Errorf("Sample after its end: %+v", u)
	}
	// The next cell starts from nothing.
	if u := NewSampler(gonb).Sample(); u.CPU != 0 || u.PeakRSS != 0 {
		t.Errorf("a new Sampler: %+v", u)
	}
	if err := killTree(gonb); err != nil {
		t.Error(err)
	}
	if _, err := RSS(1 << 30); err == nil {
		t.Error("a process that does not exist has a size")
	}
}

func TestParseStat(t *testing.T) {
	const line = "28765 (a (b) c) S 28752 28700 25230 0 -1 4194304 98 0 0 0 3 4 10 20 20 0 1 0 2252864 3133440 390 " +
		"1844674\n"
	want := Process{PID: 28765, PPID: 28752, PGID: 28700, Start: 2252864, Comm: "a (b) c",
		CPU: 370 * time.Millisecond, WaitedCPU: 300 * time.Millisecond, RSS: 390 * int64(os.Getpagesize())}
	if got, ok := parseStat([]byte(line)); !ok || got != want {
		t.Errorf("parseStat = %+v, %v, want %+v", got, ok, want)
	}
	for _, bad := range []string{"", "7", "7 (x) S 1 2", ") 7 (", "x (x) S" + line[20:]} {
		if p, ok := parseStat([]byte(bad)); ok {
			t.Errorf("parseStat(%q) = %+v", bad, p)
		}
	}
}
