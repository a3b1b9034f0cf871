package notebook

import (
	"context"
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/janpfeifer/gonb/gonbui"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/words"
	"continuousnet/kernel/cell"
	"continuousnet/kernel/widget"
)

// controls are what a user presses and moves while a run is trained. What they ask for goes through the queue of
// commands, and is done at the end of a batch; while the net is tested, stopping is done at once, and the rest after
// it. Their handlers run beside the training, one after the other; everything else is the training's.
type controls struct {
	d     *dashboard
	queue *cnet.Queue
	id    string // of the output
	box   *widget.Box
	rate  *widget.Control[float64]
	low   float64 // the slider's ends
	high  float64
	said  *widget.Control[string]
	did   []string
	names []string // of the buttons

	began   chan struct{} // closed when the training takes commands, or is over
	beginIt sync.Once

	testing struct {
		sync.Mutex
		begun chan struct{} // closed while the net is tested
		now   bool
	}

	// What the user has chosen and is still to be done. Until then the controls keep it, whatever the run is.
	rates, schemes atomic.Int32

	// These are nil where the net is not continuous in depth.
	refine *widget.Button
	scheme *widget.Control[string]
}

// newControls shows controls for the training of a dashboard below it; nil if nobody would see them.
func newControls(d *dashboard, queue *cnet.Queue) (*controls, error) {
	if !d.shows() {
		return nil, nil
	}
	c := &controls{d: d, queue: queue, id: "controls_" + gonbui.UniqueId(),
		began: make(chan struct{})}
	c.test(false)
	button := func(name, icon, about string, press func(b *widget.Button)) *widget.Button {
		b := widget.NewButton(name)
		for trait, value := range map[string]any{"icon": icon, "tooltip": about} {
			_ = b.Set(trait, value) // fails only where it is sent
		}
		_ = b.SetLayout(map[string]string{"width": "auto"})
		b.OnClick(func() { press(b) })
		c.names = append(c.names, name)
		return b
	}
	stop := button("Stop", "stop", "save and stop at the end of this batch", func(b *widget.Button) {
		_ = b.SetDisabled(true)
		c.stop()
	})
	_ = stop.Set("button_style", "warning")
	row := []widget.Widget{stop}
	if n, ok := d.run.Network().(*cnet.Net); ok {
		c.refine = button("Refine ×2", "expand", "twice as many steps in every stage, with the same weights over depth",
			func(b *widget.Button) {
				_ = b.SetDisabled(true)
				c.do("refining", func(run *cnet.Run) error {
					_ = b.SetDisabled(false)
					return run.Refine()
				})
			})
		row = append(row, c.refine)
		schemes := cnet.NetworkSchemes()
		if name := n.Scheme.Info().Name; !slices.Contains(schemes, name) {
			schemes = append(schemes, name)
		}
		c.scheme = widget.NewDropdown("scheme", schemes, n.Scheme.Info().Name)
		c.scheme.Observe(func(name string) {
			c.schemes.Add(1)
			c.do("changing the scheme to "+name, func(run *cnet.Run) error {
				c.schemes.Add(-1)
				return run.SetScheme(name)
			})
		})
		_ = c.scheme.SetLayout(map[string]string{"width": "165px"})
		_ = c.scheme.SetStyle(map[string]any{"description_width": "initial"})
	}
	row = append(row, button("Save", "save", "keep the run as it is now, as a checkpoint", c.save))
	rate := d.run.LearningRate()
	c.low, c.high = slider(rate)
	c.rate = widget.NewFloatLogSlider("learning rate", c.low, c.high, rate)
	_ = c.rate.Set("continuous_update", false) // each value is a change of the run
	_ = c.rate.Set("readout_format", ".2~g")
	_ = c.rate.SetLayout(map[string]string{"width": "280px"})
	c.rate.Observe(func(rate float64) {
		rate = rounded(rate)
		c.rates.Add(1)
		c.do("setting the learning rate to "+chart.Number(rate, 2), func(run *cnet.Run) error {
			c.rates.Add(-1)
			return run.SetLearningRate(rate)
		})
	})
	row = append(row, c.rate)
	if c.scheme != nil {
		row = append(row, c.scheme)
	}
	buttons := widget.NewHBox(row...)
	_ = buttons.SetLayout(map[string]string{"flex_flow": "row wrap", "max_width": "900px"})
	c.said = widget.NewHTML("")
	watch := newWatch("", "The kernel has ended, and its controls are off")
	c.box = widget.NewVBox(buttons, c.said, watch)
	watch.over(c.box)
	_ = c.said.SetLast(map[string]any{"value": saying("The cell's process has ended, and its controls are off")})
	_ = c.box.SetLast(nil)
	c.leave(strings.TrimSuffix(asBegun, ": ")) // what a notebook has that is saved while it is trained
	if err := d.place(c.id, c.box); err != nil {
		return nil, err
	}
	c.show()
	return c, nil
}

// slider returns the ends of a slider for a rate.
func slider(rate float64) (low, high float64) {
	decade := math.Log10(rate)
	return math.Pow(10, math.Floor(decade)-2), math.Pow(10, math.Ceil(decade)+1)
}

// rounded returns a rate as the slider shows it.
func rounded(rate float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(rate, 'g', 2, 64), 64)
	if err != nil {
		return rate
	}
	return v
}

// do has the training call f, and says what is being done, or why it could not be. It returns when it is done: what the
// user does meanwhile comes next. While the net is tested it says that this comes after the test, and returns, because
// the user may still want to stop.
func (c *controls) do(what string, f func(run *cnet.Run) error) {
	c.say(what + " …")
	<-c.began
	acted := false // or it is clear that it never will be; guarded by c.testing
	act := func() {
		c.testing.Lock()
		acted = true
		c.testing.Unlock()
	}
	answer := c.queue.Start(func(run *cnet.Run) error {
		act()
		err := f(run)
		c.show() // also what could not be done
		return err
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := <-answer
		act()
		if err != nil {
			c.say(words.Message(err))
		}
	}()
	select {
	case <-done:
	case <-c.tested():
		c.testing.Lock()
		if !acted { // what is said then comes last
			c.say(what + " after the test …")
		}
		c.testing.Unlock()
	}
}

// stop stops the training, after what was asked for before.
func (c *controls) stop() {
	c.say("stopping …")
	<-c.began
	if err := c.queue.Send(context.Background(), cnet.Command{Do: cnet.DoStop}); err != nil {
		c.say(words.Message(err))
	}
}

// test notes whether the net is tested now; the training takes commands then.
func (c *controls) test(now bool) {
	if c == nil {
		return
	}
	t := &c.testing
	t.Lock()
	defer t.Unlock()
	switch {
	case now && !t.now:
		close(t.begun)
		c.batch()
	case !now && (t.now || t.begun == nil):
		t.begun = make(chan struct{})
	}
	t.now = now
}

// tested returns a channel that is closed when the net is tested.
func (c *controls) tested() <-chan struct{} {
	c.testing.Lock()
	defer c.testing.Unlock()
	return c.testing.begun
}

func (c *controls) say(text string) {
	_ = c.said.SetValue(saying(text))
}

func saying(text string) string {
	return `<div style="line-height:1.4">` + html.EscapeString(text) + "</div>"
}

// batch notes that a batch was trained: the training takes commands.
func (c *controls) batch() {
	if c != nil {
		c.beginIt.Do(func() { close(c.began) })
	}
}

// save keeps the run as a checkpoint that is named after its position.
func (c *controls) save(*widget.Button) {
	c.do("saving", func(run *cnet.Run) error {
		name := fmt.Sprintf("epoch-%d-batch-%d", run.Epoch()+1, run.Batch())
		if run.Batch() == 0 {
			name = fmt.Sprintf("after-epoch-%d", run.Epoch())
		}
		if err := run.SaveAs(name); err != nil {
			return err
		}
		c.d.mark("saved")
		c.tell("saved as checkpoint "+name, "")
		c.d.frame(c.d.progress())
		return nil
	})
}

// tell says what was done to the run, and keeps it for the end.
func (c *controls) tell(text, when string) {
	c.did = append(c.did, text)
	c.say(text + when)
	c.show()
}

// record says what has changed, whoever has changed it.
func (c *controls) record(r cnet.Record) {
	if c == nil {
		return
	}
	switch r.Event {
	case cnet.EventStart, cnet.EventLoss:
	case cnet.EventEpoch:
		c.test(false)
		c.show() // the rate may have decayed
	default:
		c.tell(figures.Label(r), " "+c.d.where())
	}
}

// show sets the controls to what the run is.
func (c *controls) show() {
	rate := c.d.run.Rate()
	value := rate.Now
	if rate.Schedule != "" {
		value = rate.Start // which SetLearningRate sets
	}
	if c.rates.Load() == 0 && value > 0 && rounded(value) != rounded(c.rate.Value()) {
		low, high := slider(value)
		low, high = min(low, c.low), max(high, c.high)
		if low != c.low || high != c.high {
			c.low, c.high = low, high
			_ = widget.SetRange(c.rate, low, high)
		}
		_ = c.rate.SetValue(value)
	}
	if n, ok := c.d.run.Network().(*cnet.Net); ok && c.scheme != nil && c.schemes.Load() == 0 &&
		n.Scheme.Info().Name != c.scheme.Value() {
		_ = c.scheme.SetValue(n.Scheme.Info().Name) // one that was registered meanwhile is not in the menu
	}
	c.leave("The process has ended in the middle of the training; the run is at its last save")
}

// leave says what is shown when the controls have gone: that they are off, and what the run was then.
func (c *controls) leave(why string) content {
	text := []string{why, c.d.run.Network().String(), "learning rate " + c.d.run.Rate().String()}
	if len(c.did) > 0 {
		text = append(text, "done while it was trained: "+strings.Join(c.did, ", "))
	}
	off := content{text: strings.Join(text, " · ")}
	var b strings.Builder
	b.WriteString(`<div style="max-width:900px;font-size:13px;opacity:0.7">`)
	for _, name := range c.names {
		fmt.Fprintf(&b, `<span style="display:inline-block;border:1px solid;border-radius:3px;padding:0 8px;`+
			`margin:2px 6px 4px 0;opacity:0.5">%s</span>`, html.EscapeString(name))
	}
	fmt.Fprintf(&b, `<br/>%s</div>`, html.EscapeString(off.text))
	off.html = b.String()
	c.box.SetStill(cell.Bundle{"text/plain": off.text, "text/html": off.html})
	return off
}

// end takes the controls away.
func (c *controls) end() {
	if c == nil {
		return
	}
	const why = "The training has ended, and its controls are off"
	c.batch() // for those who wait, in vain
	c.d.update(c.id, c.leave(why))
	// Pages that were loaded again get no new output. What they have stays, and is off.
	_ = c.box.SetDisabled(true)
	c.say(why)
	_ = c.said.SetLast(nil)
}
