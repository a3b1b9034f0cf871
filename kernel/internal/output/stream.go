// Package output passes the output of a running cell on to the Jupyter front end. It joins small pieces of text, skips
// states of a display that are replaced before anybody could see them, stays below the rates above which Jupyter's
// server drops messages, and bounds the memory of waiting output. It never changes the order in which the cell produced
// its output:
//
//	s := output.New(sink, output.Options{})
//	defer s.Close()
//	s.Text("stdout", "epoch 1\n")
//	s.Message("display_data", content, metadata, nil)
//	s.EndText()
//	s.Flush() // before the cell's status goes to idle
//
// Splitter separates messages of the cell to the kernel from the text that they are written into, and Objects replaces
// JSON in strings by JSON values.
package output

import (
	"container/list"
	"encoding/json"
	"sync"
	"time"
)

// Sink sends one message on the iopub channel. It is never called by two goroutines at once. It may block, which in the
// end slows the cell down, but it must not call a method of the Stream.
type Sink func(msgType string, content json.RawMessage, metadata json.RawMessage, buffers [][]byte)

const (
	// maxPiece is the largest amount of text in one message, in bytes.
	maxPiece = 64 << 10
	// overhead is the approximate memory of a waiting item in addition to its text or content, in bytes.
	overhead = 512
	// envelope is the approximate size of a sent message in addition to its content, in bytes; most of it are headers.
	envelope = 1 << 10
)

// Options are the settings of a Stream. The zero value of each stands for its default.
//
// Jupyter's server counts over windows of 3 s. Above 3,000 messages or 3 MB of text it drops messages, and tells the
// user so. The defaults stay below that at any moment. With a burst b and a rate r, a window sees at most b + 3r, and
// of text a third of a MB more, because the size that a piece has as JSON is only counted once it is being sent.
type Options struct {
	Limit int // bytes of text that may wait before its middle is left out (16 MiB)

	rate      float64       // messages per second, on average (400)
	burst     float64       // messages at once after a pause (100)
	textRate  float64       // bytes of stream messages per second, on average (700,000)
	textBurst float64       // bytes of stream messages at once after a pause (500,000)
	window    time.Duration // how long text and updates are gathered (50 ms)

	maxMessages     int // messages that may wait before Message blocks (2,000)
	maxMessageBytes int // bytes of their contents that may wait before Message blocks (16 MiB)
}

func (o Options) withDefaults() Options {
	orDefault(&o.rate, 400)
	orDefault(&o.burst, 100)
	orDefault(&o.textRate, 700e3)
	orDefault(&o.textBurst, 500e3)
	orDefault(&o.window, 50*time.Millisecond)
	orDefault(&o.Limit, 16<<20)
	orDefault(&o.maxMessages, 2000)
	orDefault(&o.maxMessageBytes, 16<<20)
	return o
}

func orDefault[T int | float64 | time.Duration](v *T, value T) {
	if *v <= 0 {
		*v = value
	}
}

// Stats counts the output of a cell.
type Stats struct {
	WaitingMessages int // messages that wait to be sent, without those of text
	WaitingBytes    int // bytes of their contents

	messages   int   // messages sent, including those of text
	superseded int   // updates and displays that a later one or a clear_output has replaced
	leftOut    int64 // bytes of text left out, because the cell wrote faster than the front end can show
}

// Stream is the output of one running cell. Its methods may be called from several goroutines.
type Stream struct {
	sink Sink
	o    Options

	mu      sync.Mutex
	changed *sync.Cond // signalled when something leaves the queue or the stream is closed
	stats   Stats
	closed  bool
	carry   map[string]string // by stream: the first bytes of a rune that is not complete yet

	queue   *list.List // of *item, in order
	last    uint64     // number of the youngest item
	sending uint64     // number of the item that the sink is sending, 0 if none
	openTo  uint64     // items up to this number are sent without waiting for more text to join them

	texts        int           // cost of the waiting texts
	messages     int           // number of waiting messages
	messageBytes int           // cost of the waiting messages
	gap          *list.Element // the place where text is left out, nil if none is
	spare        []byte        // the memory of a piece that was left out, for reuse
	updates      map[string]*list.Element
	clear        *list.Element // the last clear_output(wait=True) in the queue

	wake chan struct{} // tells the sender to look at the queue again
	done chan struct{} // closed when the sender has ended
}

// New returns a Stream that sends to sink. Close ends it.
func New(sink Sink, o Options) *Stream {
	s := &Stream{
		sink:    sink,
		o:       o.withDefaults(),
		carry:   map[string]string{},
		queue:   list.New(),
		updates: map[string]*list.Element{},
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
	s.changed = sync.NewCond(&s.mu)
	go s.send()
	return s
}

// Text queues bytes that the cell has written to the stream name, "stdout" or "stderr". They are decoded as UTF-8, in
// which a rune may be split between calls. Text never waits for the front end.
func (s *Stream) Text(name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || text == "" {
		return
	}
	if start := s.carry[name]; start != "" {
		text = start + text
	}
	whole := len(text) - incomplete(text)
	s.carry[name] = text[whole:]
	s.pushText(name, ValidText(text[:whole]))
}

// EndText gives up waiting for the rest of a rune that the cell has begun to write: the cell has ended.
func (s *Stream) EndText() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{"stdout", "stderr"} {
		if start := s.carry[name]; start != "" && !s.closed {
			delete(s.carry, name)
			s.pushText(name, ValidText(start))
		}
	}
}

// Message queues a message of any other type. It blocks while too many are waiting.
func (s *Stream) Message(msgType string, content, metadata json.RawMessage, buffers [][]byte) {
	it := newMessage(msgType, content, metadata, buffers)
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && s.messages > 0 &&
		(s.messages >= s.o.maxMessages || s.messageBytes+it.cost() > s.o.maxMessageBytes) {
		s.changed.Wait()
	}
	if s.closed {
		return
	}
	s.pushMessage(it)
}

// Shorten lowers the limit of waiting text, so that the end of a cell need not wait for all of it.
func (s *Stream) Shorten(limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.Limit = min(s.o.Limit, limit)
	if s.closed || s.texts <= s.o.Limit { // what a closed stream counts is no longer queued
		return
	}
	if e := s.half(); s.gap != nil && e != nil {
		s.queue.MoveAfter(s.gap, e)
	}
	s.leaveOut()
	s.poke() // the front may be another one now
	s.changed.Broadcast()
}

// Flush waits until everything queued before it has been sent or the stream is closed.
func (s *Stream) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.last
	s.open(to)
	for !s.closed && s.waiting(to) {
		s.changed.Wait()
	}
}

// waiting reports whether an item with a number up to to has not been sent.
func (s *Stream) waiting(to uint64) bool {
	if s.sending != 0 && s.sending <= to {
		return true
	}
	front := s.queue.Front()
	return front != nil && front.Value.(*item).number <= to
}

// Close drops everything that has not been sent and ends the stream. The sink is not called after Close has returned.
func (s *Stream) Close() {
	s.mu.Lock()
	s.closed = true
	s.queue.Init()
	s.changed.Broadcast()
	s.mu.Unlock()
	s.poke()
	<-s.done
}

// Stats returns the current counts.
func (s *Stream) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.WaitingMessages, stats.WaitingBytes = s.messages, s.messageBytes
	return stats
}

func (s *Stream) poke() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}
