package finish

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/kerneltest"
)

func installation(t *testing.T) installed.Layout {
	t.Helper()
	l := installed.Layout{Dir: filepath.Join(t.TempDir(), "kernels", installed.Name)}
	kerneltest.Put(t, l.SpecFile(), "{}", 0o644)
	return l
}

func TestLook(t *testing.T) {
	const begun = "2026/01/02 15:04:05 finishing the installation\n"
	for log, want := range map[string]string{
		"":    "",
		begun: "it was cut short",
		begun + "2026/01/02 15:04:06 building gopls\n2026/01/02 15:04:07 done\n":                       "",
		begun + "2026/01/02 15:04:06 failed: no space left\nbin/gopls: no space\nfailed: the second\n": "no space left",
		"nonsense\n": "it was cut short",
	} {
		l := installation(t)
		kerneltest.Put(t, LogFile(l), log, 0o644)
		s := Look(l)
		since := s.Since.Format("15:04:05") == "15:04:05"
		if s.Running || s.Failed != want || strings.HasPrefix(log, begun) != since {
			t.Errorf("%q: %+v, want %q", log, s, want)
		}
	}
	if s := Look(installation(t)); s != (State{}) {
		t.Errorf("no log: %+v", s)
	}
}

func TestDo(t *testing.T) {
	l := installation(t)
	var out strings.Builder
	err := Do(t.Context(), &out, l, func(_ context.Context, out io.Writer) error {
		if s := Look(l); !s.Running || s.Since.IsZero() {
			t.Errorf("at work: %+v", s)
		}
		brief, long := Look(l).About(l)
		if !strings.Contains(brief, "being built") || !strings.Contains(long, LogFile(l)) {
			t.Errorf("%q, %q", brief, long)
		}
		_, err := io.WriteString(out, "building gopls\n")
		return errors.Join(err, errors.New("no network"))
	})
	log, readErr := os.ReadFile(LogFile(l))
	const line = "building gopls\n"
	if err == nil || readErr != nil || out.String() != line || !strings.Contains(string(log), " "+line) {
		t.Errorf("%v, %v, out %q, log %q", err, readErr, &out, log)
	}
	if s := Look(l); s.Running || s.Failed != "no network" {
		t.Errorf("failed: %+v", s)
	}
	_, long := Look(l).About(l)
	if !strings.Contains(long, "no network") || !strings.Contains(long, l.InstallCommand()) {
		t.Errorf("%q", long)
	}
	if err := Do(t.Context(), io.Discard, l, func(context.Context, io.Writer) error { return nil }); err != nil {
		t.Error(err)
	}
	if s := Look(l); s.Running || s.Failed != "" {
		t.Errorf("done: %+v", s)
	}
}

// notified is a writer that tells when something was written to it.
type notified chan string

func (n notified) Write(p []byte) (int, error) {
	n <- string(p)
	return len(p), nil
}

// A second one waits for the first, and says so; who waits for it can be interrupted.
func TestDoTwice(t *testing.T) {
	l := installation(t)
	waits, entered, leave, done := make(notified, 1), make(chan bool), make(chan bool), make(chan error, 2)
	go func() {
		done <- Do(t.Context(), io.Discard, l, func(context.Context, io.Writer) error {
			entered <- true
			<-leave
			return nil
		})
	}()
	<-entered
	var second atomic.Bool
	go func() {
		done <- Do(t.Context(), waits, l, func(context.Context, io.Writer) error {
			second.Store(true)
			return nil
		})
	}()
	if text := <-waits; !strings.Contains(text, "waiting for it") || second.Load() {
		t.Errorf("%q, %v", text, second.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Wait(ctx, l); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	leave <- true
	if err := errors.Join(<-done, <-done); err != nil || !second.Load() {
		t.Errorf("%v, %v", err, second.Load())
	}
	if err := Wait(t.Context(), l); err != nil {
		t.Error(err)
	}
}

// Nothing is built for an installation that has been removed.
func TestDoEndsWithTheInstallation(t *testing.T) {
	l := installation(t)
	err := Do(t.Context(), io.Discard, l, func(ctx context.Context, _ io.Writer) error {
		if err := os.Remove(l.SpecFile()); err != nil {
			return err
		}
		<-ctx.Done()
		return context.Cause(ctx)
	})
	if !errors.Is(err, ErrGone) {
		t.Errorf("%v", err)
	}
}
