package cnet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/rate"
)

// acts is what happens at some batches in the tests below, asked for in a training or done between two.
var acts = map[[2]int]struct {
	ask func(s *Step)
	do  func(r *Run) error
}{
	{0, 2}: {func(s *Step) { s.SetLearningRate(0.05) }, func(r *Run) error { return r.SetLearningRate(0.05) }},
	{1, 1}: {func(s *Step) { s.Refine() }, (*Run).Refine},
	{1, 3}: {
		func(s *Step) { s.SetScheme("midpoint"); s.SaveAs("midpoint") },
		func(r *Run) error { return errors.Join(r.SetScheme("midpoint"), r.SaveAs("midpoint")) },
	},
	{1, 5}: { // the last of the epoch
		func(s *Step) { s.Change(func(c *Config) { c.BatchSize, c.LRSchedule = 50, LRConstant }) },
		func(r *Run) error {
			return r.Change(func(c *Config) { c.BatchSize, c.LRSchedule = 50, LRConstant })
		},
	},
}

// What is done at the end of a batch while a run is trained is, to the bit, what is done to a run that is interrupted
// there; and it survives an interruption as everything else does.
func TestStepsAct(t *testing.T) {
	ctx := context.Background()
	c := tiny()
	c.RefineEpochs, c.EMA = nil, 0.9
	byHand := open(t, t.TempDir(), c)
	for _, at := range [][2]int{{0, 2}, {1, 1}, {1, 3}, {1, 5}} {
		stopAt(t, byHand, at[0], at[1])
		if err := acts[at].do(byHand); err != nil {
			t.Fatal(err)
		}
	}
	if err := byHand.TrainTo(ctx, 3); err != nil {
		t.Fatal(err)
	}
	want := fingerprint(t, byHand)

	act := func(s *Step) {
		if a, ok := acts[[2]int{s.Epoch, s.Batch}]; ok {
			a.ask(s)
		}
	}
	var events []string
	r := open(t, t.TempDir(), c)
	err := r.TrainTo(ctx, 3, TrainOptions{OnStep: act, OnRecord: func(rec Record) {
		if rec.Event != EventLoss {
			events = append(events, rec.Event)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, r), want)
	if got := strings.Join(events, " "); got != "start rate epoch refine scheme change epoch epoch" {
		t.Errorf("records %s", got)
	}
	if s, err := r.Checkpoint("midpoint"); err != nil || s.Batch() != 3 || s.Network().String() != "2-2-2 midpoint" {
		t.Errorf("checkpoint %v, %v", s, err)
	}

	dir := t.TempDir()
	parts := open(t, dir, c)
	for _, stop := range [][2]int{{0, 4}, {1, 2}, {1, 4}, {2, 3}} {
		err := parts.TrainTo(ctx, 3, TrainOptions{OnStep: func(s *Step) {
			act(s)
			if s.Epoch == stop[0] && s.Batch == stop[1] {
				s.Stop()
			}
		}})
		if stopped, besides := Interrupted(err); !errors.Is(err, ErrStopped) || !stopped || besides != nil {
			t.Fatalf("stopped with %v", err)
		}
		if parts.Epoch() != stop[0] || parts.Batch() != stop[1] {
			t.Fatalf("stopped after epoch %d, batch %d, want %v", parts.Epoch(), parts.Batch(), stop)
		}
		parts.Close()
		parts = open(t, dir)
	}
	if err := parts.TrainTo(ctx, 3, TrainOptions{OnStep: act}); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, parts), want)
}

// An impossible wish of the callback stops the training where it is; nothing is lost.
func TestStepThatCannot(t *testing.T) {
	for want, ask := range map[string]func(*Step){
		"scheme: ":                       func(s *Step) { s.SetScheme("rk5") },
		"change: ":                       func(s *Step) { s.Change(func(c *Config) { c.Channels = 7 }) },
		"lr: ":                           func(s *Step) { s.SetLearningRate(-1) },
		"a checkpoint cannot be called ": func(s *Step) { s.SaveAs("best") },
	} {
		dir := t.TempDir()
		r := open(t, dir, tiny())
		err := r.Train(context.Background(), 1, TrainOptions{OnStep: func(s *Step) {
			if s.Batch == 3 {
				ask(s)
			}
		}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "after 3 batches") {
			t.Errorf("got %v, want %q", err, want)
		}
		r.Close()
		r = open(t, dir)
		if r.Batch() != 3 {
			t.Errorf("%s: saved after %d batches", want, r.Batch())
		}
		if err := r.Train(context.Background(), 1); err != nil {
			t.Error(err)
		}
	}
}

// A callback that panics stops the training where it is, is named with its line, and nothing is lost.
func TestCallbackPanics(t *testing.T) {
	act := func(batch int) {
		if batch == 3 {
			panic("lost my way")
		}
	}
	for name, o := range map[string]TrainOptions{
		"OnStep":  {OnStep: func(s *Step) { act(s.Batch) }},
		"OnBatch": {OnBatch: func(p Progress) { act(p.Batch) }},
	} {
		dir := t.TempDir()
		r := open(t, dir, tiny())
		err := r.Train(context.Background(), 1, o)
		wantError(t, err, "epoch 1, after 3 batches: "+name+" panics (step_test.go:")
		wantError(t, err, "): lost my way")
		r.Close()
		r = open(t, dir)
		if r.Batch() != 3 {
			t.Errorf("%s: saved after %d batches", name, r.Batch())
		}
		if err := r.Train(context.Background(), 1); err != nil {
			t.Error(err)
		}
	}
}

// Weights with which a net fails before its first step are not the learning rate's fault.
func TestFailsAtOnce(t *testing.T) {
	registerRate(t, rate.Rate{Name: "test_root", Description: "x", Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
		return b.Map(Sqrt(AddScalar(Neg(Square(x.Images())), -1)))
	}})
	for _, rtol := range []float64{0, 1e-3} {
		r := open(t, t.TempDir(), Config{Dataset: "moons", Points: 64, Rate: "test_root", RTol: rtol})
		err := r.Train(context.Background(), 1)
		wantError(t, err, "these are the weights that it began with, so that a smaller learning rate does not help: "+
			"look at the rate test_root, and the numbers of the data set")
	}
}

// Without momentum and weight decay the norm of a gradient is that of the step, divided by the learning rate.
func TestGradientNorms(t *testing.T) {
	c := tiny()
	c.Momentum, c.WeightDecay, c.RefineEpochs = -1, -1, nil
	r := open(t, t.TempDir(), c)
	values := func() map[string][]float64 {
		m := map[string][]float64{}
		for _, v := range r.net.Variables() {
			list, _, err := layers.Get(r.store, v)
			if err != nil {
				t.Fatal(err)
			}
			m[v.Path] = list
		}
		return m
	}
	before := values()
	err := r.Train(context.Background(), 1, TrainOptions{GradientNorms: true, OnStep: func(s *Step) {
		all, parts, err := s.GradientNorms()
		if err != nil {
			t.Fatal(err)
		}
		now, sum := values(), 0.
		for _, v := range r.net.Variables() {
			if !v.Trainable {
				continue
			}
			var square float64
			for i := range now[v.Path] {
				d := (now[v.Path][i] - before[v.Path][i]) / 0.1
				square += d * d
			}
			sum += square
			if got, want := parts[v.Path], math.Sqrt(square); math.Abs(got-want) > 1e-3*max(want, 1e-2) {
				t.Errorf("batch %d, %s: norm %g, want %g", s.Batch, v.Path, got, want)
			}
		}
		if want := math.Sqrt(sum); math.Abs(all-want) > 1e-3*want || all == 0 {
			t.Errorf("batch %d: norm %g, want %g", s.Batch, all, want)
		}
		before = now
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Train(context.Background(), 1, TrainOptions{OnStep: func(s *Step) {
		if _, _, err := s.GradientNorms(); s.Batch == 1 && err != nil {
			t.Errorf("measured once, they may stay: %v", err)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	plain := open(t, t.TempDir(), c)
	err = plain.Train(context.Background(), 2, TrainOptions{OnStep: func(s *Step) {
		_, _, err := s.GradientNorms()
		if err == nil || !strings.Contains(err.Error(), "set TrainOptions.GradientNorms") {
			t.Errorf("not measured: %v", err)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, r), fingerprint(t, plain)) // measuring changes nothing
}

// telling trains a run that stops only when it is told to, and calls f with its directory while it does.
func telling(t *testing.T, c Config, f func(dir string, q *Queue)) (r *Run, err error) {
	t.Helper()
	dir := t.TempDir()
	r = open(t, dir, c)
	q, began, ended := &Queue{}, make(chan bool, 1), make(chan bool)
	go func() {
		defer close(ended)
		err = r.TrainTo(context.Background(), maxEpochs, TrainOptions{Commands: q, OnBatch: func(Progress) {
			select {
			case began <- true:
			default:
			}
		}})
	}()
	<-began
	f(dir, q)
	<-ended
	return r, err
}

// Commands come from other goroutines and other processes. What cannot be done is told to who asked, and the training
// goes on.
func TestCommands(t *testing.T) {
	ctx := context.Background()
	c := tiny()
	c.LearningRate, c.RefineEpochs = 0.01, nil
	var socket string
	r, err := telling(t, c, func(dir string, q *Queue) {
		text, err := os.ReadFile(filepath.Join(dir, controlFile))
		if err != nil {
			t.Error(err)
		}
		socket = strings.TrimSpace(string(text))
		if err := q.Send(ctx, Command{Do: DoRefine}); err != nil {
			t.Error(err)
		}
		a, err := Ask(ctx, dir, Command{Do: DoScheme, Name: "midpoint"})
		if err != nil || a.Before != "2-2-2 euler" || a.Net != "2-2-2 midpoint" || a.PID != os.Getpid() {
			t.Errorf("%+v, %v", a, err)
		}
		_, err = Ask(ctx, dir, Command{Do: DoScheme, Name: "nope"})
		if err == nil || !strings.Contains(err.Error(), "nope") {
			t.Errorf("an unknown scheme: %v", err)
		}
		if err := q.Send(ctx, Command{Do: DoSave, Name: "best"}); err == nil {
			t.Error("best was saved")
		}
		if _, err := Ask(ctx, dir, Command{Do: DoRate, Rate: 0.002}); err != nil {
			t.Error(err)
		}
		mine := errors.New("mine")
		if err := q.Do(ctx, func(r *Run) error {
			if r.Network().String() != "2-2-2 midpoint" {
				t.Errorf("done to %s", r.Network())
			}
			return mine
		}); !errors.Is(err, mine) {
			t.Errorf("an error of what was done: %v", err)
		}
		for _, bad := range []Command{{Do: "x"}, {Do: DoRefine, Name: "x"}, {Do: DoRate}, {Do: DoSave}, {}} {
			if _, err := Ask(ctx, dir, bad); err == nil || !strings.Contains(err.Error(), "command") {
				t.Errorf("%+v: %v", bad, err)
			}
			if err := q.Send(ctx, bad); err == nil {
				t.Errorf("%+v was sent", bad)
			}
		}
		for _, line := range []string{
			"nonsense\n", "{}\n", `{"do":"lr","rate":-1}` + "\n", strings.Repeat("x", controlMost+9),
		} {
			conn, err := net.Dial("unix", socket)
			if err != nil {
				t.Error(err)
				continue
			}
			go fmt.Fprint(conn, line)
			answer, _ := bufio.NewReader(conn).ReadString('\n')
			if !strings.Contains(answer, `"error":"`) {
				t.Errorf("%.20q was answered %q", line, answer)
			}
			conn.Close()
		}
		if err := (&Run{}).TrainTo(ctx, 1); err == nil {
			t.Error("a run that is not open was trained")
		}
		if _, err := Ask(ctx, dir, Command{Do: DoStop}); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, ErrStopped) {
		t.Errorf("ended with %v", err)
	}
	if r.Network().String() != "2-2-2 midpoint" || r.Rate().Start != 0.002 {
		t.Errorf("%s, %s", r, r.Rate())
	}
	if _, err := os.Stat(filepath.Dir(socket)); err == nil {
		t.Errorf("%s is left", socket)
	}
	_, err = Ask(ctx, r.Dir(), Command{Do: DoRefine})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "as it does not train it") {
		t.Errorf("asked when it is open: %v", err)
	}
	r.Close()
	_, err = Ask(ctx, r.Dir(), Command{Do: DoRefine})
	if err == nil || !strings.Contains(err.Error(), "nobody trains it") {
		t.Errorf("asked when it is closed: %v", err)
	}
}

// A queue that no training reads answers at once, and what waits when a training ends is told so.
func TestQueueEnds(t *testing.T) {
	ctx := context.Background()
	q := &Queue{}
	if err := q.Send(ctx, Command{Do: DoStop}); !errors.Is(err, ErrEnded) {
		t.Errorf("before a training: %v", err)
	}
	if err := q.begin(); err != nil {
		t.Fatal(err)
	}
	if err := q.begin(); err == nil {
		t.Error("two trainings read one queue")
	}
	answers := make(chan error)
	go func() { answers <- q.Send(ctx, Command{Do: DoRefine}) }()
	for {
		q.mutex.Lock()
		waiting := len(q.orders)
		q.mutex.Unlock()
		if waiting > 0 {
			break
		}
		runtime.Gosched()
	}
	cut, cancel := context.WithCancel(ctx)
	cancel()
	if err := q.Send(cut, Command{Do: DoStop}); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context: %v", err)
	}
	q.end()
	if err := <-answers; !errors.Is(err, ErrEnded) {
		t.Errorf("waiting: %v", err)
	}
}

// A process that was asked and killed has done what it said that it did; what it left is swept.
func TestAskAndKill(t *testing.T) {
	dir := t.TempDir()
	cmd, lines := trainElsewhere(t, dir)
	lines.next(t)
	a, err := Ask(context.Background(), dir, Command{Do: DoRefine})
	if err != nil || a.PID != cmd.Process.Pid {
		t.Fatalf("%+v, %v", a, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, controlFile))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Process.Kill()
	for range lines.rest() {
	}
	cmd.Wait()
	if _, err := Ask(context.Background(), dir, Command{Do: DoRefine}); err == nil {
		t.Error("a process that was killed has answered")
	}
	r := open(t, dir)
	if r.Network().String() != "2-2-2 euler" || r.Epoch() < a.Epoch || r.Epoch() == a.Epoch && r.Batch() < a.Batch {
		t.Errorf("%s after epoch %d, batch %d, was %+v", r, r.Epoch(), r.Batch(), a)
	}
	if _, err := os.Stat(filepath.Dir(strings.TrimSpace(string(text)))); err == nil {
		t.Errorf("%s is left", text)
	}
	if _, err := os.Stat(filepath.Join(dir, controlFile)); err == nil {
		t.Error("the file control is left")
	}
}

// ordersAt are options with a queue into which commands come when the network is about to be measured for the n-th
// time, and the answers that they get.
func ordersAt(t *testing.T, at map[int][]Command) (o TrainOptions, answers *[]error) {
	t.Helper()
	o.Commands, answers = &Queue{}, new([]error)
	n := 0
	o.OnTest = func() {
		n++
		for _, c := range at[n] {
			i := len(*answers)
			*answers = append(*answers, fmt.Errorf("%s was not answered", c.Do))
			order := c.order()
			order.done = func(err error) { (*answers)[i] = err }
			if !o.Commands.put(order) {
				t.Error("the training does not read its queue")
			}
		}
	}
	return o, answers
}

// A command to stop ends the measurement after an epoch, and what was asked for before it is done. The run is saved
// where an interrupt leaves it, and goes on to the same numbers.
func TestStopWhileTested(t *testing.T) {
	ctx := context.Background()
	for _, validation := range []float64{0, 0.2} {
		c := ownConfig()
		c.Set, c.Validation, c.Epochs, c.LRSchedule = bars(t, "bars", 0), validation, 3, LRConstant
		c.RefineEpochs = []int{1}
		whole, err := Open(t.TempDir(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer whole.Close()
		if err := whole.TrainTo(ctx, 3); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		r, err := Open(dir, c)
		if err != nil {
			t.Fatal(err)
		}
		stop := func(n, epoch, batch int) {
			t.Helper()
			name := fmt.Sprintf("tested-%d-%d", epoch, batch)
			o, answers := ordersAt(t, map[int][]Command{n: {{Do: DoSave, Name: name}, {Do: DoStop}}})
			err := r.TrainTo(ctx, 3, o)
			if stopped, besides := Interrupted(err); !errors.Is(err, ErrStopped) || !stopped || besides != nil {
				t.Fatalf("stopped with %v", err)
			}
			if err := errors.Join(*answers...); err != nil || len(*answers) != 2 {
				t.Errorf("%d answers: %v", len(*answers), err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if r, err = Open(dir); err != nil {
				t.Fatal(err)
			}
			if r.Epoch() != epoch || r.Batch() != batch || len(r.History().Epochs()) != epoch {
				t.Fatalf("stopped after epoch %d, batch %d, with %d epochs in the history, want %d, %d", r.Epoch(),
					r.Batch(), len(r.History().Epochs()), epoch, batch)
			}
			if s, err := r.Checkpoint(name); err != nil || s.Epoch() != epoch || s.Batch() != batch {
				t.Errorf("checkpoint %v, %v", s, err)
			}
		}
		batches := whole.History()[1].Batches
		stop(1, 0, batches)
		stop(2, 1, batches) // the first epoch is measured before
		stop(2, 2, batches)
		if validation > 0 {
			stop(2, 3, 0) // in the test at the end of the plan
			if _, ok := r.History().Tested(); ok {
				t.Error("it was tested before it stopped")
			}
		}
		if err := r.TrainTo(ctx, 3); err != nil {
			t.Fatal(err)
		}
		sameRun(t, fingerprint(t, r), fingerprint(t, whole))
		r.Close()
	}
}

// A command to stop, and no other, is noticed in the middle of a measurement; an interrupt stays one.
func TestMeasurementEnds(t *testing.T) {
	tr := &training{queue: &Queue{}}
	if err := tr.queue.begin(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err := tr.measure(ctx, func(within context.Context) (Score, error) {
		tr.queue.put(Command{Do: DoRefine}.order())
		if within.Err() != nil {
			t.Error("a command to refine ends the measurement")
		}
		tr.queue.put(Command{Do: DoStop}.order())
		<-within.Done()
		return Score{}, fmt.Errorf("evaluation: %w", within.Err())
	})
	if !errors.Is(err, errStopAsked) || len(tr.queue.take()) != 2 {
		t.Errorf("ended with %v", err)
	}
	_, err = tr.measure(ctx, func(within context.Context) (Score, error) {
		cancel()
		return Score{}, within.Err()
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, errStopAsked) {
		t.Errorf("interrupted with %v", err)
	}
}

// What else is asked for while an epoch is measured is done after that and before the next batch, as between two
// trainings: the scores are those of the net that was trained. After the last epoch it is done, too, and stopping
// changes nothing then.
func TestCommandsWhileTested(t *testing.T) {
	ctx := context.Background()
	c := tiny()
	c.RefineEpochs, c.LRSchedule = nil, LRConstant
	byHand := open(t, t.TempDir(), c)
	for epoch := range 2 {
		if err := byHand.TrainTo(ctx, epoch+1); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(byHand.Refine(), byHand.SetLearningRate(0.05)); err != nil {
			t.Fatal(err)
		}
	}
	r := open(t, t.TempDir(), c)
	wishes := []Command{{Do: DoRefine}, {Do: DoRate, Rate: 0.05}, {Do: DoScheme, Name: "nope"}}
	o, answers := ordersAt(t, map[int][]Command{1: wishes, 2: wishes})
	o.OnRecord = func(rec Record) {
		if rec.Event == EventEpoch && rec.Epoch == 1 {
			o.Commands.put(Command{Do: DoStop}.order())
		}
	}
	if err := r.TrainTo(ctx, 2, o); err != nil {
		t.Fatal(err)
	}
	for i, err := range *answers {
		if unknown := i%3 == 2; unknown != (err != nil) || unknown && !strings.Contains(err.Error(), "nope") {
			t.Errorf("answer %d: %v", i, err)
		}
	}
	sameRun(t, fingerprint(t, r), fingerprint(t, byHand))
	if len(*answers) != 6 || r.Network().String() != "4-4-4 euler" {
		t.Errorf("%d answers, %s", len(*answers), r.Network())
	}
}
