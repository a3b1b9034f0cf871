package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"continuousnet/cnet"
)

// POSIX's order, and what is meant if nothing is said.
func TestLocale(t *testing.T) {
	for _, c := range []struct {
		goos, all, ctype, lang string
		want                   bool
	}{
		{"linux", "", "", "", false},
		{"linux", "", "", "C", false},
		{"linux", "", "", "POSIX", false},
		{"linux", "", "", "en_US", false},
		{"linux", "", "", "C.UTF-8", true},
		{"linux", "", "", "de_DE.utf8", true},
		{"linux", "", "", "de_DE.UTF-8@euro", true},
		{"linux", "", "", "de_DE.ISO-8859-15@euro", false},
		{"linux", "", "C.UTF-8", "C", true},
		{"linux", "", "C", "C.UTF-8", false},
		{"linux", "C", "C.UTF-8", "C.UTF-8", false},
		{"linux", "C.UTF-8", "C", "C", true},
		{"darwin", "", "", "", true},
		{"darwin", "", "UTF-8", "", true},
		{"darwin", "C", "", "", false},
		{"windows", "", "", "", true},
	} {
		env := map[string]string{"LC_ALL": c.all, "LC_CTYPE": c.ctype, "LANG": c.lang}
		if got := utf8Locale(c.goos, func(name string) string { return env[name] }); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

// Whatever shows progress draws with block elements where the terminal shows UTF-8, else in ASCII.
func TestBarsAreDrawnWithWhatEveryTerminalHas(t *testing.T) {
	for _, utf8 := range []bool{true, false} {
		for what, draw := range map[string]func(*app){
			"training": func(a *app) {
				b := &bar{app: a}
				b.wait("the first batch takes a moment longer")
				for _, batch := range []int{1, 5, 10} {
					b.last = time.Time{}
					b.batch(cnet.Progress{Batch: batch, Batches: 10, LastEpoch: 2, ImagesPerS: 100, Left: time.Minute})
				}
				b.clear()
			},
			"manifest": func(a *app) {
				m := newMeter(a, "scheme × steps")
				for done := range 4 {
					m.last = time.Time{}
					m.set(done, 3)
				}
				m.clear()
			},
			"data get": func(a *app) {
				d := &download{app: a}
				d.progress("train-images.gz", 0, 100)
				d.progress("train-images.gz", 50, 100)
				d.progress("train-images.gz", 100, 100)
				d.clear()
			},
		} {
			path := filepath.Join(t.TempDir(), "terminal")
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			draw(&app{err: f, tty: f, utf8: utf8})
			f.Close()
			drawn, err := os.ReadFile(path)
			if err != nil || len(drawn) == 0 {
				t.Fatalf("%s: nothing is drawn: %v", what, err)
			}
			blocks := 0
			for _, r := range string(drawn) {
				switch {
				case r >= '▀' && r <= '▟':
					blocks++
				case r > '~' && !(utf8 && r == '×'):
					t.Errorf("%s, UTF-8 %v: drew %U", what, utf8, r)
				}
			}
			if utf8 != (blocks > 0) {
				t.Errorf("%s, UTF-8 %v: %d block elements in %q", what, utf8, blocks, drawn)
			}
		}
	}
}

func TestASCIITerminal(t *testing.T) {
	var b bytes.Buffer
	text := "1-1-1 → 2-2-2, 28×28×1, Runge–Kutta, Größe\n"
	if n, err := (asciiTerminal{&b}).Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("wrote %d of %d bytes: %v", n, len(text), err)
	}
	if want := "1-1-1 -> 2-2-2, 28x28x1, Runge-Kutta, Groeße\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	// All that help says.
	for _, args := range []string{"train --help", "bench step --help", "manifest --help",
		"schemes", "schemes rk4", "schemes leapfrog"} {
		out, _ := mustRun(t, strings.Fields(args)...)
		b.Reset()
		_, _ = (asciiTerminal{&b}).Write([]byte(out))
		for line := range strings.Lines(b.String()) {
			if strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
				t.Errorf("%s: not in ASCII: %s", args, line)
			}
		}
	}
}
