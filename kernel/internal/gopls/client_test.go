package gopls

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestServersQuestionsAreAnswered(t *testing.T) {
	c, dir := startFake(t, "plain", nil)
	if _, err := c.Complete(testContext(t), "package main // answer is x", 0); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "answers"))
	if err != nil {
		t.Fatal(err)
	}
	var configuration struct{ Result []map[string]any }
	answers := string(data)
	first, rest, _ := strings.Cut(answers, "}{")
	if err := json.Unmarshal([]byte(first+"}"), &configuration); err != nil || len(configuration.Result) != 2 ||
		configuration.Result[1]["matcher"] != "CaseInsensitive" {
		t.Errorf("configuration: %s, %v, want the settings twice", first, err)
	}
	if strings.Count(rest, `"result":null`) != 2 || !strings.Contains(rest, "-32601") {
		t.Errorf("%s, want two empty results and a refusal of what is unknown", rest)
	}
}

func TestQuestionsOfManyGoroutinesAreAboutTheirOwnDocument(t *testing.T) {
	c, _ := startFake(t, "plain", nil)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			want := fmt.Sprintf("x%d", i)
			got, err := c.Complete(testContext(t), "package main // answer is "+want, 0)
			if errors.Is(err, errOvertaken) {
				return
			}
			if err != nil || len(got.Matches) != 1 || got.Matches[0].Text != want {
				t.Errorf("%v, %v, want %s", got, err, want)
			}
		})
		wg.Go(func() {
			_, found, err := c.Hover(testContext(t), "package main", 9)
			if found || err != nil && !errors.Is(err, errOvertaken) {
				t.Errorf("hover: %v, %v", found, err)
			}
		})
	}
	wg.Wait()
}

func TestNewerQuestionOvertakes(t *testing.T) {
	log := make(notices, 10)
	c, _ := startFake(t, "plain", log)
	first := make(chan error, 1)
	go func() {
		_, err := c.Complete(testContext(t), "package main // leave open", 0)
		first <- err
	}()
	receive(t, log) // the server has it
	got, err := c.Complete(testContext(t), "package main // answer is x", 0)
	if err != nil || got.Matches[0].Text != "x" {
		t.Errorf("the newer: %v, %v", got, err)
	}
	if err := receive(t, first); !errors.Is(err, errOvertaken) {
		t.Errorf("the older: %v, want %v", err, errOvertaken)
	}
}

func TestContextEndsAQuestion(t *testing.T) {
	log := make(notices, 10)
	c, _ := startFake(t, "plain", log)
	ctx, cancel := context.WithCancelCause(testContext(t))
	stop := errors.New("enough")
	go func() {
		<-log
		cancel(stop)
	}()
	if _, err := c.Complete(ctx, "package main // leave open", 0); !errors.Is(err, stop) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := c.Complete(testContext(t), "package main // answer is x", 0); err != nil {
		t.Errorf("the next: %v", err)
	}

	silent, _ := startFake(t, "silent", nil)
	ended, release := context.WithDeadline(t.Context(), time.Now())
	defer release()
	if _, err := silent.Complete(ended, "package main", 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while it initialises: %v", err)
	}
}

func TestDeathIsNoticed(t *testing.T) {
	for behaviour, want := range map[string]string{
		"dies":    "closed the connection",
		"garbage": `expected "Name: value"`,
		"refuses": "no initialisation today",
	} {
		c, _ := startFake(t, behaviour, nil)
		if _, err := c.Complete(testContext(t), "package main", 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", behaviour, err, want)
		}
		if c.Alive() {
			t.Errorf("%s: alive", behaviour)
		}
	}

	c, _ := startFake(t, "plain", nil)
	if !c.Alive() {
		t.Error("not alive")
	}
	if _, err := c.Complete(testContext(t), "package main // die now", 0); err == nil || c.Alive() {
		t.Errorf("died while asked: %v, alive: %v", err, c.Alive())
	}
	if _, _, err := c.Hover(testContext(t), "package main", 9); err == nil {
		t.Error("a question to the dead: no error")
	}

	c, _ = startFake(t, "plain", nil)
	if err := syscall.Kill(c.pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Complete(testContext(t), "package main // leave open", 0); err == nil || c.Alive() {
		t.Errorf("killed: %v, alive: %v", err, c.Alive())
	}
}

func TestCloseLeavesNoProcess(t *testing.T) {
	for _, behaviour := range []string{"plain", "stays", "silent", "child"} {
		var log bytes.Buffer
		c, dir := startFake(t, behaviour, &log)
		if behaviour != "silent" {
			if _, err := c.Complete(testContext(t), "package main", 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Close(); err != nil {
			t.Errorf("%s: %v", behaviour, err)
		}
		if log.Len() > 0 {
			t.Errorf("%s: an orderly end, yet the log has %q", behaviour, &log)
		}
		if err := syscall.Kill(c.pid(), 0); err != syscall.ESRCH {
			t.Errorf("%s: the process is there: %v", behaviour, err)
		}
		if _, err := c.Complete(testContext(t), "package main", 0); !errors.Is(err, errClosed) || c.Alive() {
			t.Errorf("%s: %v after Close, alive: %v", behaviour, err, c.Alive())
		}
		if err := c.Close(); err != nil {
			t.Errorf("%s: closed again: %v", behaviour, err)
		}
		if behaviour == "child" {
			checkChildEnded(t, filepath.Join(dir, "child"))
		}
	}
}

// checkChildEnded waits for a killed process to be gone, or to be one that nobody has waited for.
func checkChildEnded(t *testing.T, pidFile string) {
	t.Helper()
	pid, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	for ctx := testContext(t); ctx.Err() == nil; {
		stat, err := os.ReadFile("/proc/" + string(pid) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Errorf("child %s runs on", pid)
}

func TestStartReportsWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"no program":  {Options{Command: filepath.Join(dir, "none"), Dir: dir}, "cannot start"},
		"no folder":   {Options{Command: "gopls", Dir: filepath.Join(dir, "none")}, "no such file"},
		"no checkout": {Options{Command: "gopls", Dir: dir, Checkout: filepath.Join(dir, "none")}, "checkout"},
	} {
		if _, err := Start(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
}

func TestBadOffsets(t *testing.T) {
	c, _ := startFake(t, "plain", nil)
	for _, offset := range []int{-1, 13, 1 << 40} {
		if _, err := c.Complete(testContext(t), "package main", offset); err == nil {
			t.Errorf("completion at %d: no error", offset)
		}
		if _, _, err := c.Hover(testContext(t), "package main", offset); err == nil {
			t.Errorf("hover at %d: no error", offset)
		}
	}
}
