package cnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// What a Command may do.
const (
	DoStop   = "stop"   // save and stop training
	DoRefine = "refine" // as Run.Refine
	DoScheme = "scheme" // as Run.SetScheme, with the name
	DoRate   = "lr"     // as Run.SetLearningRate, with the rate
	DoSave   = "save"   // as Run.SaveAs, with the name
	DoChange = "change" // as Run.Change, with the fields
)

// Commands lists the values of Command.Do.
var Commands = []string{DoStop, DoRefine, DoScheme, DoRate, DoSave, DoChange}

// A Command is what a training is asked to do at the end of a batch. While the network is measured at the end of an
// epoch, DoStop ends that, and the training, as an interrupt does: the measurement comes when the run is trained on.
// The other commands wait for it, and are done before the next batch; if DoStop comes after them, they are done before
// it. A command can be sent to another process; see Ask.
type Command struct {
	Do   string  `json:"do"`
	Name string  `json:"name,omitempty"` // of the scheme, or of the checkpoint
	Rate float64 `json:"rate,omitempty"` // the learning rate

	Stages []int `json:"stages,omitempty"` // to refine, from 1; none: all

	// Fields are those of the Config to change, by their names in JSON; see ChangeTo.
	Fields map[string]json.RawMessage `json:"fields,omitempty"`
}

// ChangeTo returns the command that changes what differs between two configurations.
func ChangeTo(old, now Config) (Command, error) {
	c := Command{Do: DoChange, Fields: map[string]json.RawMessage{}}
	before, after := reflect.ValueOf(old), reflect.ValueOf(now)
	for i := range after.NumField() {
		name, _, _ := strings.Cut(after.Type().Field(i).Tag.Get("json"), ",")
		if name == "-" || reflect.DeepEqual(before.Field(i).Interface(), after.Field(i).Interface()) {
			continue
		}
		text, err := json.Marshal(after.Field(i).Interface())
		if err != nil {
			return c, err
		}
		c.Fields[name] = text
	}
	return c, nil
}

// edit sets the fields of a configuration.
func (c Command) edit(config *Config) error {
	value := reflect.ValueOf(config).Elem()
	known := map[string]reflect.Value{}
	for i := range value.NumField() {
		name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
		known[name] = value.Field(i)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		field, ok := known[name]
		if !ok || name == "-" {
			return fmt.Errorf("command %s: a configuration has no field %q", c.Do, name)
		}
		field.SetZero()
		if err := json.Unmarshal(c.Fields[name], field.Addr().Interface()); err != nil {
			return fmt.Errorf("command %s: the field %q cannot be %.40s: %w", c.Do, name, c.Fields[name], err)
		}
	}
	return nil
}

// Check returns an error unless the command is known and has what it needs. Whether the run can do it shows only when
// it does.
func (c Command) Check() error {
	name, rate := c.Do == DoScheme || c.Do == DoSave, c.Do == DoRate
	switch known := c.Do == DoStop || c.Do == DoRefine || c.Do == DoChange || name || rate; {
	case !known:
		return fmt.Errorf("the command is %q, must be one of %s", c.Do, strings.Join(Commands, ", "))
	case len(c.Stages) > 0 && c.Do != DoRefine:
		return fmt.Errorf("command %s: its stages are %s, must be left out", c.Do, listText(c.Stages))
	case (len(c.Fields) > 0) != (c.Do == DoChange):
		return fmt.Errorf("command %s: it has %d fields to change, must %s", c.Do, len(c.Fields),
			needs(c.Do == DoChange))
	case name != (c.Name != ""):
		return fmt.Errorf("command %s: its name is %q, must %s", c.Do, c.Name, needs(name))
	case rate != (c.Rate != 0):
		return fmt.Errorf("command %s: its rate is %g, must %s", c.Do, c.Rate, needs(rate))
	}
	return nil
}

func needs(yes bool) string {
	if yes {
		return "be given"
	}
	return "be left out"
}

// ErrStopped is wrapped by the error of a training that was told to stop. The run is saved and can be trained on.
var ErrStopped = errors.New("it was told to stop")

// ErrEnded is the error of a command that came when the training was ending.
var ErrEnded = errors.New("the training ended before it could be done; try again")

// ErrNotTrained is wrapped by the error of a command to a run that no process has open.
var ErrNotTrained = errors.New("nobody trains it")

// order is a command on its way: what it does to a run, and what is to be told how that went, if anything.
type order struct {
	what string
	do   func(r *Run) error
	done func(error) // nil: an error stops the training
}

// order returns what the command does.
func (c Command) order() order {
	o := order{what: c.Do}
	switch c.Do {
	case DoStop:
		o.do = func(*Run) error { return ErrStopped }
	case DoRefine:
		o.do = func(r *Run) error { return r.RefineStages(c.Stages...) }
	case DoScheme:
		o.do = func(r *Run) error { return r.SetScheme(c.Name) }
	case DoRate:
		o.do = func(r *Run) error { return r.SetLearningRate(c.Rate) }
	case DoSave:
		o.do = func(r *Run) error { return r.SaveAs(c.Name) }
	case DoChange:
		o.do = func(r *Run) error {
			now := r.Config()
			if err := c.edit(&now); err != nil {
				return err
			}
			return r.Change(func(config *Config) { *config = now })
		}
	}
	return o
}

// A Queue takes commands to a training, which does them in their order at the end of the batch, or of the measurement
// after an epoch; see TrainOptions.Commands and Command. It may be used by several goroutines, and for one training
// after another.
type Queue struct {
	mutex  sync.Mutex
	orders []order
	open   bool   // a training reads it
	stop   func() // called as soon as there is an order to stop, by the goroutine that puts it; nil: not
}

// Send asks the training for something and waits until it is done. The error says why it could not be, which does not
// stop the training; it is ErrEnded if no training reads the queue any more.
func (q *Queue) Send(ctx context.Context, c Command) error {
	if err := c.Check(); err != nil {
		return err
	}
	return answered(ctx, q.start(c.order()))
}

// Do has the training call f with its run when commands are done, and waits until that is done. F may do to the run
// what is allowed between trainings. Its error is returned, and does not stop the training unless it is ErrStopped.
func (q *Queue) Do(ctx context.Context, f func(r *Run) error) error {
	return answered(ctx, q.Start(f))
}

// Start is Do without waiting: the channel gets the error, or nil, when f has been called. What is started first is
// done first.
func (q *Queue) Start(f func(r *Run) error) <-chan error { return q.start(order{what: "do", do: f}) }

func (q *Queue) start(o order) <-chan error {
	done := make(chan error, 1)
	o.done = func(err error) { done <- err }
	if !q.put(o) {
		done <- ErrEnded
	}
	return done
}

// answered waits for an answer.
func answered(ctx context.Context, answer <-chan error) error {
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// put adds an order if a training reads the queue.
func (q *Queue) put(o order) bool {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.open {
		q.orders = append(q.orders, o)
		if q.stop != nil && o.what == DoStop {
			q.stop()
		}
	}
	return q.open
}

// watch has stop called as soon as the queue has an order to stop, at once if it has one; nil ends that.
func (q *Queue) watch(stop func()) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.stop = stop
	if stop != nil && slices.ContainsFunc(q.orders, func(o order) bool { return o.what == DoStop }) {
		stop()
	}
}

// take removes all orders.
func (q *Queue) take() []order {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	list := q.orders
	q.orders = nil
	return list
}

// begin opens the queue for a training.
func (q *Queue) begin() error {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.open {
		return errors.New("commands: another training reads this queue")
	}
	q.open = true
	return nil
}

// end closes the queue, and tells those who wait.
func (q *Queue) end() {
	q.mutex.Lock()
	q.open = false
	q.mutex.Unlock()
	for _, o := range q.take() {
		if o.done != nil {
			o.done(ErrEnded)
		}
	}
}
