package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/runname"
	"continuousnet/cnet/internal/words"
)

// reporter shows a training: as a table, or as JSON lines.
type reporter struct {
	*app
	run    *cnet.Run
	epochs int
	json   bool
	notes  []string  // on a run that goes on
	human  io.Writer // where text for people goes
	bar    *bar
	header bool // the head of the table is printed
}

func newReporter(a *app, run *cnet.Run, epochs int, json bool) *reporter {
	r := &reporter{app: a, run: run, epochs: epochs, json: json, human: a.out, bar: &bar{app: a, things: run.Things()}}
	if json {
		r.human = a.err
	}
	return r
}

// begin prints what is about to be trained.
func (r *reporter) begin() error {
	set, err := r.run.Dataset()
	if err != nil {
		return err
	}
	e, err := r.run.Engine()
	if err != nil {
		return err
	}
	c := r.run.Config()
	ours, _ := r.run.Network().CountParameters()
	var t text
	size := fmt.Sprintf("%d×%d×%d", set.Height, set.Width, set.Channels)
	if set.Points() {
		size = words.Plural(set.Channels, "coordinate")
	}
	goal := fmt.Sprintf("%d classes", len(set.Classes))
	if set.Regression() {
		goal = "to predict " + words.Some(set.Targets, 10)
	}
	t.line("data     %s: %s training and %s test %s of %s, %s", set.Title, words.Grouped(set.Train.Len()),
		words.Grouped(set.Test.Len()), set.Things(), size, goal)
	if n := set.Validation.Len(); n > 0 {
		t.line("         %s more are held out to validate with", words.Grouped(n))
	}
	if set.Notice != "" {
		t.line("         %s", set.Notice)
	}
	t.line("net      %s, %s parameters", r.run.Title(), words.Grouped(ours))
	engine := e.String()
	if c.Devices > 1 {
		engine += ", " + words.Plural(c.Devices, "device")
	}
	if c.Precision == cnet.BFloat16 {
		engine += ", convolutions in " + c.Precision
	}
	t.line("engine   %s", engine)
	for _, why := range e.Skipped {
		r.warn("%v", why)
	}
	t.line("run      %s", r.run.Dir())
	switch done := r.run.Epoch(); {
	case done >= r.epochs:
		t.line("epochs   %d done, nothing to do", done)
	case r.stalled() != "" && r.run.Batch() == 0:
		t.line("epochs   %d done, nothing to do: %s", done, r.stalled())
	case done > 0 || r.run.Batch() > 0:
		t.line("epochs   %d, goes on after %s", r.epochs, position(done, r.run.Batch()))
	default:
		t.line("epochs   %d in batches of %d", r.epochs, c.BatchSize)
	}
	for _, note := range append(r.remarks(), r.notes...) {
		t.line("         %s", note)
	}
	if _, err := r.human.Write(t.Bytes()); err != nil {
		return err
	}
	if r.run.Epoch() < r.epochs && (r.stalled() == "" || r.run.Batch() > 0) {
		r.bar.wait("the first batch takes a moment longer")
	}
	return nil
}

// stalled says why the training stops early, or "".
func (r *reporter) stalled() string {
	epochs, stop := r.run.Stalled()
	if !stop {
		return ""
	}
	return fmt.Sprintf("no better %s in %s (--early-stop)", qualityName(r.run.Regression()),
		words.Plural(epochs, "epoch"))
}

// early is stalled for a training that has not come to its end.
func (r *reporter) early() string {
	if r.run.Epoch() >= r.epochs {
		return ""
	}
	return r.stalled()
}

// remarks returns what is not to be guessed from the rest: when the learning rate decays, and which scheme rk4 is.
func (r *reporter) remarks() []string {
	var list []string
	c := r.run.Config()
	if len(c.LRDecayEpochs) > 0 && r.run.Epoch() < r.epochs {
		how := ""
		if slices.Equal(c.LRDecayEpochs, cnet.DecayEpochs(c.Epochs)) {
			how = fmt.Sprintf(", by default for %s; --lr-schedule constant leaves it", words.Plural(c.Epochs, "epoch"))
		}
		list = append(list, fmt.Sprintf("learning rate times %g at the end of %s %s, from 0%s", c.LRDecay,
			strings.TrimLeft(words.Plural(len(c.LRDecayEpochs), "epoch"), "0123456789, "), joined(c.LRDecayEpochs),
			how))
	}
	if how := howTrained(c); how != "" {
		list = append(list, how)
	}
	if n, ok := r.run.Network().(*cnet.Net); ok && n.Scheme.Info().Name == "rk4" {
		list = append(list, "rk4 is the 3/8 rule, as in torchdiffeq; the classical one is rk4_classic")
	}
	return list
}

// joined writes numbers with commas.
func joined(numbers []int) string {
	var list []string
	for _, n := range numbers {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, ",")
}

func (r *reporter) batch(p cnet.Progress) { r.bar.batch(p) }

func (r *reporter) record(rec cnet.Record) {
	switch {
	case rec.Event == cnet.EventEpoch:
		r.bar.clear()
		if r.json {
			r.line(epochLine{Event: "epoch", epochNumbers: numbers(rec)})
			return
		}
		r.row(tableRow(rec, r.epochs))
	case rec.Event == cnet.EventChange, rec.Event == cnet.EventRate:
		r.bar.clear()
		r.row(tableMark(rec))
	case rec.ChangesNet():
		r.bar.clear()
		ours, _ := r.run.Network().CountParameters()
		r.row(tableMark(rec) + fmt.Sprintf(", %s parameters", words.Grouped(ours)))
	}
}

// row prints a line of the table.
func (r *reporter) row(line string) {
	if !r.header && !r.json {
		fmt.Fprintf(r.human, "\n%s\n", headFor(r.run.Config(), r.run.Regression()))
	}
	r.header = true
	fmt.Fprintln(r.human, line)
}

// end prints the result.
func (r *reporter) end() error {
	last, ok := r.run.History().Last()
	if !ok {
		return fmt.Errorf("run %s: it has no epochs", r.run.Dir())
	}
	ours, _ := r.run.Network().CountParameters()
	if r.json {
		var seconds float64
		for _, rec := range r.run.History().Epochs() {
			seconds += rec.Seconds
		}
		line := resultLine{
			Event: "result", epochNumbers: numbers(last),
			Run: r.run.Dir(), Epochs: r.run.Epoch(), Parameters: ours, Seconds: seconds, Stopped: r.early(),
		}
		if rec, ok := r.run.History().Tested(); ok && last.Validated() {
			line.test(rec)
			line.TestedEpoch = &rec.Epoch
		}
		r.line(line)
		return nil
	}
	best, _ := r.run.History().Best()
	name := runname.Argument(r.run.Dir())
	var t text
	t.line("")
	part := cnet.PartTest
	if last.Validated() {
		part = cnet.PartValidation
	}
	result := fmt.Sprintf("%s %s after %s", part, last.Quality(part), words.Plural(r.run.Epoch(), "epoch"))
	if q := best.Quality(part); last.Validated() && best.Epoch != last.Epoch ||
		q.Compared() > last.Quality(part).Compared() {
		result += fmt.Sprintf("; the best was %s after %d", q.Short(), best.Epoch+1)
	}
	if last.Validated() {
		result += "\n" + tested(r.run.History(), r.run.Things())
	}
	t.line("%s", result)
	if why := r.early(); why != "" {
		t.line("stopped early, %s", why)
	}
	t.line("run      %s", r.run.Dir())
	t.line("chart    %s", chartPath(r.run))
	if set, err := r.run.Dataset(); err == nil && planar(set) {
		t.line("         %s", regionsPath(r.run))
	}
	if r.run.Regression() {
		t.line("         %s", fitPath(r.run))
	}
	lead := "next     "
	if n, ok := r.run.Network().(*cnet.Net); ok && r.run.Config().RTol == 0 {
		twice := make([]int, len(n.Steps))
		for i, steps := range n.Steps {
			twice[i] = 2 * steps
		}
		t.line("%scnet refine %s   %s becomes %s, then",
			lead, name, words.Joined(n.Steps, "-"), words.Joined(twice, "-"))
		lead = "         "
	}
	t.line("%s%s", lead, trainOn(r.run))
	t.line("         cnet info %s, cnet eval %s", name, name)
	_, err := r.human.Write(t.Bytes())
	return err
}

// tested says what the test images say of a run with a validation part.
func tested(h cnet.History, things string) string {
	if r, ok := h.Tested(); ok {
		return fmt.Sprintf("test %s, measured after %s", r.Quality(cnet.PartTest), words.Plural(r.Epoch+1, "epoch"))
	}
	return "the test " + things + " are looked at when the planned epochs are done, or by cnet eval"
}

// trainOn returns the command that trains a run for more epochs: to the end of the learning rate's schedule, or half as
// many as it has, and at least sampleEpochs. After the end of a schedule it takes a rate of its own to learn anything.
func trainOn(run *cnet.Run) string {
	epochs, lr := run.Epoch()+max(sampleEpochs, run.Epoch()/2), ""
	switch rate := run.Rate(); {
	case rate.End > run.Epoch():
		epochs = rate.End
	case rate.End > 0:
		lr = " --lr " + words.Rate(rate.Start/10)
	}
	if _, stopped := run.Stalled(); stopped {
		lr += " --early-stop 0"
	}
	return fmt.Sprintf("cnet train --run %s --epochs %d%s", runname.Argument(run.Dir()), epochs, lr)
}

// line prints one JSON object as one line.
func (r *reporter) line(v any) {
	if err := printJSON(r.out, v); err != nil && r.out.err == nil {
		r.warn("%v", err)
	}
}

// printJSON writes v as one line.
func printJSON(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// epochNumbers is an epoch in JSON, with all numbers, also those that are 0.
type epochNumbers struct {
	Epoch         int      `json:"epoch"` // from 0
	TrainLoss     float64  `json:"train_loss"`
	TrainAccuracy *float64 `json:"train_accuracy"` // null where targets are numbers
	TestLoss      *float64 `json:"test_loss"`      // null with a validation part, except for one epoch
	TestAccuracy  *float64 `json:"test_accuracy"`
	ImagesPerS    float64  `json:"images_per_s"`
	Net           string   `json:"net"`

	// Where targets are numbers.
	TrainRMSE float64  `json:"train_rmse,omitempty"`
	TrainR2   *float64 `json:"train_r2,omitempty"`
	TestRMSE  float64  `json:"test_rmse,omitempty"`
	TestR2    *float64 `json:"test_r2,omitempty"`

	// Of the rate for a batch, on average; only where steps adapt to tolerances.
	Evaluations float64 `json:"evaluations,omitempty"`

	// Only with regularisers.
	KineticEnergy float64 `json:"kinetic_energy,omitempty"`
	JacobianNorm  float64 `json:"jacobian_norm,omitempty"`
	ErrorEstimate float64 `json:"error_estimate,omitempty"`

	// Only with a validation part.
	ValidationLoss     *float64 `json:"validation_loss,omitempty"`
	ValidationAccuracy *float64 `json:"validation_accuracy,omitempty"`
	ValidationRMSE     float64  `json:"validation_rmse,omitempty"`
	ValidationR2       *float64 `json:"validation_r2,omitempty"`

	record cnet.Record
}

func numbers(r cnet.Record) epochNumbers {
	n := epochNumbers{
		Epoch: r.Epoch, TrainLoss: r.TrainLoss, ImagesPerS: r.ImagesPerS, Net: r.Net, record: r,
		Evaluations: r.Evaluations, KineticEnergy: r.KineticEnergy, JacobianNorm: r.JacobianNorm,
		ErrorEstimate: r.ErrorEstimate,
	}
	if !n.regression() {
		n.TrainAccuracy = &r.TrainAccuracy
	} else {
		n.TrainRMSE, n.TrainR2 = r.TrainRMSE, &r.TrainR2
	}
	if r.Tested() {
		n.test(r)
	}
	if r.Validated() {
		n.ValidationLoss = &r.ValidationLoss
		if n.regression() {
			n.ValidationRMSE, n.ValidationR2 = r.ValidationRMSE, &r.ValidationR2
		} else {
			n.ValidationAccuracy = &r.ValidationAccuracy
		}
	}
	return n
}

// regression reports whether the epoch is of a net whose targets are numbers.
func (n *epochNumbers) regression() bool { return n.record.Quality(cnet.PartTrain).Regression() }

// test sets what an epoch has been measured to be on the test part.
func (n *epochNumbers) test(r cnet.Record) {
	n.TestLoss = &r.TestLoss
	if n.regression() {
		n.TestRMSE, n.TestR2 = r.TestRMSE, &r.TestR2
	} else {
		n.TestAccuracy = &r.TestAccuracy
	}
}

type epochLine struct {
	Event string `json:"event"`
	epochNumbers
}

type resultLine struct {
	Event string `json:"event"`
	epochNumbers
	Run        string  `json:"run"`
	Epochs     int     `json:"epochs"`
	Parameters int     `json:"parameters"`
	Seconds    float64 `json:"seconds"`
	Stopped    string  `json:"stopped,omitempty"` // why it ended early

	TestedEpoch *int `json:"tested_epoch,omitempty"` // with a validation part: the one whose test accuracy this is
}

// evaluationsHead continues the head where steps adapt to tolerances.
const evaluationsHead = "  evaluations"

// kineticHead, jacobianHead and errorHead continue it where there are regularisers.
const (
	kineticHead  = "  kin. energy"
	jacobianHead = "  jac. norm^2"
	errorHead    = "  error est."
)

// headFor returns the head of the table of epochs of a run with this configuration. A row shows the number of epochs
// that are complete: it counts from 1.
func headFor(c cnet.Config, regression bool) string {
	quality := qualityHead(regression)
	head := "  epoch   train loss" + quality + "   test loss" + quality + "   " + c.Things() + "/s      time"
	if c.Validation > 0 {
		head += "   valid. loss" + quality
	}
	if c.RTol > 0 {
		head += evaluationsHead
	}
	if c.KineticEnergy > 0 {
		head += kineticHead
	}
	if c.JacobianNorm > 0 {
		head += jacobianHead
	}
	if c.ErrorEstimate > 0 {
		head += errorHead
	}
	return head
}

// tableRow returns the row of an epoch; with epochs, the number of all, unless it is 0.
func tableRow(r cnet.Record, epochs int) string {
	number := strconv.Itoa(r.Epoch + 1)
	if epochs > 0 {
		number += "/" + strconv.Itoa(epochs)
	}
	took := time.Duration(r.Seconds * float64(time.Second))
	loss, regression := "-", r.Quality(cnet.PartTrain).Regression()
	if r.Tested() {
		loss = fmt.Sprintf("%.4f", r.TestLoss)
	}
	row := fmt.Sprintf("%7s %12.4f%s %11s%s %10s %9s", number, r.TrainLoss,
		qualityColumns(r.Quality(cnet.PartTrain), regression, true), loss,
		qualityColumns(r.Quality(cnet.PartTest), regression, r.Tested()), rate(r.ImagesPerS), words.Clock(took))
	if r.Validated() {
		row += fmt.Sprintf("%14.4f%s", r.ValidationLoss,
			qualityColumns(r.Quality(cnet.PartValidation), regression, true))
	}
	if r.Evaluations > 0 {
		row += fmt.Sprintf("%13.1f", r.Evaluations)
	}
	if r.KineticEnergy > 0 {
		row += fmt.Sprintf("%*.4g", len(kineticHead), r.KineticEnergy)
	}
	if r.JacobianNorm > 0 {
		row += fmt.Sprintf("%*.4g", len(jacobianHead), r.JacobianNorm)
	}
	if r.ErrorEstimate > 0 {
		row += fmt.Sprintf("%*.4g", len(errorHead), r.ErrorEstimate)
	}
	return row
}

// tableMark returns the line between rows that tells of a change of the run.
func tableMark(r cnet.Record) string {
	return fmt.Sprintf("------- after %s: %s", position(r.Epoch, r.Batch), change(r))
}

// position writes how far training is: the complete epochs, and the batches of the next one.
func position(epochs, batches int) string {
	if batches == 0 {
		return words.Plural(epochs, "epoch")
	}
	return words.Plural(epochs, "epoch") + " and " + words.Plural(batches, "batch")
}

// change describes the change that a record is of.
func change(r cnet.Record) string {
	switch r.Event {
	case cnet.EventRefine:
		return "refined to " + r.Net
	case cnet.EventBasis:
		return fmt.Sprintf("weights carried over to %s, which moved them by %s",
			words.Plural(r.NumBasis, r.Basis+" function"), words.Percent(r.Distance))
	case cnet.EventScheme:
		return "scheme changed to " + r.Net
	case cnet.EventRate:
		return fmt.Sprintf("learning rate changed to %g", r.LearningRate)
	case cnet.EventChange:
		return r.Changes
	}
	return r.Event
}

// shortName returns the name of a run for the titles of charts. On a command line it is runname.Argument.
func shortName(dir string) string {
	if name, ok := strings.CutPrefix(dir, results+"/"); ok && !strings.Contains(name, "/") {
		return name
	}
	return dir
}

// rate writes a number of images per second.
func rate(x float64) string {
	if x < 10 {
		return fmt.Sprintf("%.1f", x)
	}
	return words.Grouped(int(x + 0.5))
}
