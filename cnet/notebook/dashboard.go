package notebook

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strings"
	"time"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/words"
)

// How often the display changes while training. A frame takes a few milliseconds, as the curves are drawn as SVG; only
// the last one, which stays in the notebook, is a PNG: it takes ten times as long, but notebooks from elsewhere, whose
// HTML is not trusted, and pages made of notebooks show it as well.
const (
	frameEvery = 500 * time.Millisecond
	frameShare = 0.02
)

// dashboard shows a training while it runs: a line with a progress bar, and below it the learning curves.
type dashboard struct {
	*surface
	run        *cnet.Run
	first      float64 // where this training began, in epochs
	last       int     // and where it ends
	began      time.Time
	throttle   throttle
	latest     cnet.Progress // as of the last batch
	begun      bool          // there has been a batch
	testing    bool          // all batches of the epoch are done
	changed    bool          // the net has changed, and is prepared
	line       *livePlace    // the two outputs
	chart      *livePlace
	epochsHere int
	marks      []chart.Mark // of what the history does not tell
}

func newDashboard(s *surface, run *cnet.Run, last int) *dashboard {
	d := &dashboard{
		surface: s, run: run, last: last, began: s.now(),
		throttle: throttle{now: s.now, every: frameEvery, share: frameShare},
		first:    float64(run.Epoch()),
	}
	d.line, d.chart = s.newPlace("line"), s.newPlace("chart")
	d.line.stay(status{left: processEnded, right: run.Network().String(), done: -1}.content())
	d.line.alone = status{left: kernelEnded, right: run.Network().String(), done: -1}.content()
	return d
}

// processEnded is said of a training whose process was killed, or has ended by a panic in a goroutine.
const processEnded = "The cell's process has ended in the middle of the training; the run is at its last save. " +
	"Run this cell again to go on."

// kernelEnded is said when the kernel has ended or was restarted.
const kernelEnded = "The kernel has ended in the middle of the training; the run is at its last save. " +
	"Run this cell again to go on."

func (d *dashboard) start() {
	at := words.Plural(d.run.Epoch(), "epoch") + " done"
	if d.run.Batch() > 0 {
		at = fmt.Sprintf("going on in epoch %d after batch %d", d.run.Epoch()+1, d.run.Batch())
	}
	if e, err := d.run.Engine(); err == nil { // otherwise the training says so
		at += ", engine " + e.String()
	}
	d.frame(status{left: fmt.Sprintf("Preparing %s", d.run.Network()), right: at, done: 0})
}

func (d *dashboard) batch(p cnet.Progress) {
	if !d.begun {
		d.begun = true
		// What an interrupted epoch had done before counts neither for the bar nor for the summary.
		d.first = float64(p.Epoch) + float64(p.Batch-1)/float64(p.Batches)
	}
	d.latest, d.changed = p, false
	if d.throttle.due() {
		d.frame(d.progress())
	}
}

// test shows that the net is tested; the picture stands still meanwhile.
func (d *dashboard) test() {
	d.testing = true
	if !d.begun {
		d.latest.Epoch = d.run.Epoch() // which was interrupted in its test
	}
	d.frame(d.progress())
}

func (d *dashboard) record(r cnet.Record) {
	switch r.Event {
	case cnet.EventStart, cnet.EventLoss:
		return
	case cnet.EventEpoch:
		d.testing = false
		d.epochsHere++
		d.log(epochLine(r, d.last, d.run.Things()))
	default:
		d.log(figures.Label(r))
	}
	d.latest.Batch, d.changed = 0, r.Event != cnet.EventEpoch
	d.latest.Epoch = r.Epoch
	if r.Event == cnet.EventEpoch {
		d.latest.Epoch++
	}
	if d.latest.Epoch < d.last {
		d.frame(d.progress())
	}
}

// log writes a line where there is no picture.
func (d *dashboard) log(line string) {
	if !d.notebook {
		fmt.Fprintln(d.stdout, line)
	}
}

func epochLine(r cnet.Record, last int, things string) string {
	validated := ""
	if r.Validated() {
		validated = fmt.Sprintf("validation loss %.3f, %s; ", r.ValidationLoss, r.Quality(cnet.PartValidation))
	}
	tested := ""
	if r.Tested() {
		tested = fmt.Sprintf("test loss %.3f, %s; ", r.TestLoss, r.Quality(cnet.PartTest))
	}
	return fmt.Sprintf("epoch %d of %d, %s: train loss %.3f, %s; %s%s%.0f %s/s",
		r.Epoch+1, last, r.Net, r.TrainLoss, r.Quality(cnet.PartTrain), tested, validated, r.ImagesPerS, things)
}

func (d *dashboard) progress() status {
	p := d.latest
	at := float64(p.Epoch)
	if p.Batches > 0 {
		at += float64(p.Batch) / float64(p.Batches)
	}
	s := status{done: (at - d.first) / (float64(d.last) - d.first), steady: true}
	parts := []string{d.run.Network().String(), fmt.Sprintf("epoch %d of %d", min(p.Epoch+1, d.last), d.last)}
	switch {
	case d.testing:
		parts = append(parts, "testing")
	case p.Batches == 0 || d.changed:
		parts = append(parts, "preparing")
	default:
		parts = append(parts, fmt.Sprintf("batch %d of %d", p.Batch, p.Batches))
	}
	s.left = strings.Join(parts, " · ")
	if p.ImagesPerS > 0 {
		s.pace = fmt.Sprintf("%.0f %s/s", p.ImagesPerS, d.run.Things())
		if p.Left > 0 {
			s.pace += " · " + words.Duration(p.Left) + " left"
		}
	}
	if p.Batch > 0 {
		s.right = fmt.Sprintf("training loss %.3f · %s", p.MeanLoss, p.Quality())
	}
	return s
}

func (d *dashboard) trained() status {
	took := words.Duration(d.now().Sub(d.began))
	s := status{
		left: fmt.Sprintf("Trained %s for %s in %s", d.run.Network(), words.Plural(d.epochsHere, "epoch"), took),
		done: -1,
	}
	if d.latest.ImagesPerS > 0 {
		s.left += fmt.Sprintf(" (%.0f %s/s)", d.latest.ImagesPerS, d.run.Things())
	}
	if r, ok := d.run.History().Last(); ok {
		var parts []string
		if r.Tested() {
			parts = append(parts, fmt.Sprintf("test %s · test loss %.3f", r.Quality(cnet.PartTest), r.TestLoss))
		} else if t, ok := d.run.History().Tested(); ok {
			parts = append(parts, fmt.Sprintf("test %s after epoch %d", t.Quality(cnet.PartTest), t.Epoch+1))
		}
		if r.Validated() {
			parts = append(parts, "validation "+r.Quality(cnet.PartValidation).String())
		}
		s.right = strings.Join(parts, " · ")
	}
	return s
}

// where describes the point in the run that training has reached.
func (d *dashboard) where() string {
	if batch := d.run.Batch(); batch > 0 {
		if d.latest.Batches > 0 {
			return fmt.Sprintf("in epoch %d, after batch %d of %d", d.run.Epoch()+1, batch, d.latest.Batches)
		}
		return fmt.Sprintf("in epoch %d, after batch %d", d.run.Epoch()+1, batch)
	}
	return "after " + words.Plural(d.run.Epoch(), "epoch")
}

func (d *dashboard) interrupted() status {
	return status{left: "Interrupted " + d.where() + ", and saved. Run this cell again to go on.", done: -1}
}

// told is interrupted for a training that was told to stop.
func (d *dashboard) told() status {
	return status{left: "Stopped as told, " + d.where() + ", and saved. Run this cell again to go on.", done: -1}
}

func (d *dashboard) stopped() status {
	return status{left: "Stopped by an error; the run is at its last save, " + d.where() + ".", done: -1}
}

// frame shows the state of training, until the next frame.
func (d *dashboard) frame(s status) {
	if !d.notebook {
		return
	}
	start := d.now()
	d.line.update(d.explained(s).content())
	// The last drawing reports errors; training goes on without this one.
	if html, err := besides(d.curves()); err == nil {
		d.chart.update(content{html: html, text: summary(d.run)})
	}
	d.throttle.drawn(start)
}

// explained returns a status that says in words what the net is now.
func (d *dashboard) explained(s status) status {
	s.net = stepsInWords(d.run.Network())
	return s
}

// A panel of a live chart is panelWidth pixels wide, and shrinks to panelLeast before panels stand below each other,
// which is the width of an output in a window of 700 pixels with the file browser open.
const panelWidth, panelLeast = 380, 332

// Of the smallest letters of a chart, of smallest pixels, readable pixels are left where it shrinks.
const smallest, readable = 10.5, 9

// besides draws the panels of a chart as pictures beside each other, or below each other where a page is narrow.
func besides(c chart.Chart) (string, error) {
	var out strings.Builder
	fmt.Fprintf(&out, `<div style="display:flex;flex-wrap:wrap;max-width:%dpx">`, panelWidth*len(c.Panels))
	for _, p := range c.Panels {
		one := chart.Chart{Panels: []chart.Panel{p}, Width: panelWidth, Height: 340}
		var b bytes.Buffer
		if err := one.SVG(&b); err != nil {
			return "", err
		}
		fmt.Fprintf(&out, `<div style="flex:1 1 %dpx;min-width:0;max-width:%dpx">%s</div>`, panelLeast, panelWidth,
			inline(b.String(), one.String(), panelWidth))
	}
	out.WriteString("</div>")
	return out.String(), nil
}

// inline makes the SVG document of a chart, which is width pixels wide, a part of a page, in the colours of
// JupyterLab's theme. It shrinks with the page as long as its letters can be read, and then is scrolled. Screen readers
// read its label. As an output of its own type, JupyterLab would cut off what is wider than the window.
func inline(svg, label string, width float64) string {
	_, body, _ := strings.Cut(svg, "<svg")
	return fmt.Sprintf(`<div style="overflow-x:auto"><svg role="img" aria-label="%s" style="max-width:100%%;`+
		`min-width:%.0fpx;height:auto"%s</div>`, html.EscapeString(label), math.Ceil(width*readable/smallest),
		themed.Replace(body))
}

// themed gives what a chart draws besides its series the colours of JupyterLab's theme, and its own elsewhere.
var themed = func() *strings.Replacer {
	var pairs []string
	for color, variable := range chart.Neutral() {
		for _, property := range []string{"fill:", "stroke:"} {
			pairs = append(pairs, property+strings.ToUpper(color), property+"var(--jp-"+variable+","+color+")")
		}
	}
	return strings.NewReplacer(pairs...)
}()

// finish shows the end of training, in a form that stays in the notebook.
func (d *dashboard) finish(s status) {
	if !d.notebook {
		fmt.Fprintln(d.stdout, s.text())
		return
	}
	if d.chart.view != nil {
		d.frame(s) // pages that were loaded again keep this one
	}
	d.line.finish(d.explained(s).content())
	c, err := picture(d.curves(), summary(d.run))
	if err != nil {
		d.fail(err)
		return
	}
	d.chart.finish(c)
	d.sync()
}

// curves are the learning curves so far, with the mean over the present epoch at their end.
func (d *dashboard) curves() chart.Chart {
	o := figures.HistoryOptions{Epochs: d.last, Marks: d.marks, Classes: d.run.Classes(),
		Regression: d.run.Regression()}
	if d.latest.Epoch == d.run.Epoch() {
		o.Now = d.latest
	}
	return figures.History(d.run.History(), o)
}

// mark marks the present position in the curves.
func (d *dashboard) mark(label string) {
	at := float64(d.run.Epoch())
	if d.latest.Batches > 0 {
		at += float64(d.run.Batch()) / float64(d.latest.Batches)
	}
	d.marks = append(d.marks, chart.Mark{At: at, Label: label})
}
