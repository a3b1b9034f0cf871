package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminal returns w if it is a terminal on which a line can be overwritten, else nil.
func terminal(w io.Writer) *os.File {
	if !isTerminal(w) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return w.(*os.File)
}

// How often a bar is drawn, and how often a line says where a long epoch is when there is no terminal.
const (
	barInterval  = 100 * time.Millisecond
	lineInterval = time.Minute
)

// bar shows on standard error how far an epoch is.
type bar struct {
	*app
	bar   *progressbar.ProgressBar // of the present epoch
	drawn bool                     // there is something on the terminal's line
	last  time.Time                // of the last drawing or line

	things string // "images" or "points"
}

// newBar returns a bar on the terminal that is full at most.
func (a *app) newBar(most int64, options ...progressbar.Option) *progressbar.ProgressBar {
	return progressbar.NewOptions64(most, append([]progressbar.Option{
		progressbar.OptionSetWriter(a.tty), progressbar.OptionUseANSICodes(true), progressbar.OptionFullWidth(),
		progressbar.OptionClearOnFinish(), progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionSetTheme(a.barTheme()),
	}, options...)...)
}

// wait shows why nothing happens yet.
func (b *bar) wait(why string) {
	b.last = time.Now()
	if b.tty != nil {
		fmt.Fprintf(b.tty, "%s ...", why)
		b.drawn = true
	}
}

// batch shows the progress after a batch.
func (b *bar) batch(p cnet.Progress) {
	tested := p.Batch == p.Batches
	if b.tty == nil {
		if time.Since(b.last) >= lineInterval {
			fmt.Fprintf(b.err, "epoch %d/%d, batch %d/%d: loss %.4f, %s, %s %s/s, %s left\n",
				p.Epoch+1, p.LastEpoch, p.Batch, p.Batches, p.MeanLoss, p.Quality().Short(),
				rate(p.ImagesPerS), b.things, words.Clock(p.Left))
			b.last = time.Now()
		}
		return
	}
	if b.bar == nil {
		b.clear()
		// One more than the batches: the bar is full only after the test.
		b.bar = b.newBar(int64(p.Batches+1),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	} else if time.Since(b.last) < barInterval && !tested {
		return
	}
	b.last, b.drawn = time.Now(), true
	width, _, err := term.GetSize(int(b.tty.Fd()))
	if err != nil {
		width = 80
	}
	b.bar.Describe(description(p, width, tested, b.things))
	_ = b.bar.Set(p.Batch)
}

// description returns the text behind the bar, as much as there is room for.
func description(p cnet.Progress, width int, testing bool, things string) string {
	text := fmt.Sprintf("epoch %d/%d", p.Epoch+1, p.LastEpoch)
	if width >= 78 {
		text += fmt.Sprintf("  loss %.3f  %s", p.MeanLoss, p.Quality().Short())
	}
	switch {
	case testing:
		text += "  testing"
	case p.ImagesPerS > 0 && width >= 50:
		text += fmt.Sprintf("  %s %s/s  %s left", rate(p.ImagesPerS), things, words.Clock(p.Left))
	}
	return text
}

// clear removes the bar, so that a line can be printed.
func (b *bar) clear() {
	if b.drawn {
		fmt.Fprint(b.tty, "\r\033[2K")
	}
	b.bar, b.drawn = nil, false
}

// meter shows on standard error how far a computation is.
type meter struct {
	*bar
	what string
	next time.Time // when the next line is printed, where there is no terminal
}

func newMeter(a *app, what string) *meter {
	if !a.utf8 {
		what = inASCII.Replace(what)
	}
	return &meter{bar: &bar{app: a}, what: what, next: time.Now().Add(lineInterval)}
}

func (m *meter) set(done, all int) {
	if m.tty == nil {
		if done < all && time.Now().After(m.next) {
			fmt.Fprintf(m.err, "%s: %d of %d\n", m.what, done, all)
			m.next = time.Now().Add(lineInterval)
		}
		return
	}
	if m.bar.bar == nil {
		m.clear()
		m.bar.bar = m.newBar(int64(all))
	} else if time.Since(m.last) < barInterval {
		return
	}
	m.last, m.drawn = time.Now(), true
	m.bar.bar.Describe(fmt.Sprintf("%s  %d of %d", m.what, done, all))
	_ = m.bar.bar.Set(done)
}
