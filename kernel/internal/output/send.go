package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"continuousnet/kernel/internal/words"
)

// Jupyter's server does not limit the bytes of displays, but the socket would accept all of them at once and keep in
// memory what the front end has not read yet.
const (
	messageRate  = 20e6 // bytes per second, on average
	messageBurst = 10e6 // bytes at once after a pause
)

// bucket is a token bucket: it fills with rate tokens a second up to burst.
type bucket struct {
	rate, burst, tokens float64
	at                  time.Time // the time at which tokens was computed
}

func newBucket(rate, burst float64) *bucket {
	return &bucket{rate: rate, burst: burst, tokens: burst, at: time.Now()}
}

// wait returns the time until the bucket has n tokens or is full.
func (b *bucket) wait(n float64, now time.Time) time.Duration {
	b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.at).Seconds())
	b.at = now
	missing := min(n, b.burst) - b.tokens
	if missing <= 0 {
		return 0
	}
	return max(time.Duration(missing/b.rate*float64(time.Second)), time.Microsecond)
}

// take takes n tokens; the number of tokens may become negative.
func (b *bucket) take(n float64) { b.tokens -= n }

// sender is the state of the sending goroutine.
type sender struct {
	*Stream
	rate, textRate *bucket
	byteRate       *bucket   // of messages
	window         time.Time // the time until which texts and updates are gathered
	lineOpen       bool      // the last text did not end its line
}

// send sends the items of the queue until the stream is closed. It runs in a goroutine of its own.
func (s *Stream) send() {
	defer close(s.done)
	t := sender{
		Stream:   s,
		rate:     newBucket(s.o.rate, s.o.burst),
		textRate: newBucket(s.o.textRate, s.o.textBurst),
		byteRate: newBucket(messageRate, messageBurst),
		window:   time.Now(),
	}
	for {
		it, wait := t.next()
		switch {
		case it != nil:
			t.pass(it)
		case wait < 0:
			return
		case wait == 0:
			<-s.wake
		default:
			timer := time.NewTimer(wait)
			select {
			case <-s.wake:
			case <-timer.C:
			}
			timer.Stop()
		}
	}
}

// next removes the item that is to be sent now from the queue and returns it. If there is none, it returns the time to
// wait before the next call: 0 means until woken, and less than 0 that the stream is closed.
func (t *sender) next() (*item, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, -1
	}
	front := t.queue.Front()
	if front == nil {
		return nil, 0
	}
	it := front.Value.(*item)
	now := time.Now()
	if it.number > t.openTo {
		if wait := t.window.Sub(now); wait > 0 {
			return nil, wait
		}
		t.openTo = t.last
		t.window = now.Add(t.o.window)
	}
	if wait := t.rate.wait(1, now); wait > 0 {
		return nil, wait
	}
	if it.msgType != "" {
		if wait := t.byteRate.wait(float64(it.cost()), now); wait > 0 {
			return nil, wait
		}
	} else {
		if wait := t.textRate.wait(float64(envelope+len(it.text)), now); wait > 0 {
			return nil, wait
		}
	}
	if front == t.gap {
		t.endGap(front)
	}
	t.remove(front)
	t.sending = it.number
	t.stats.messages++
	t.changed.Broadcast() // there is room for a message
	return it, 0
}

// pass gives the sink an item that was removed from the queue. Encoding a text as JSON takes time, so the lock is not
// held.
func (t *sender) pass(it *item) {
	if it.msgType == "" {
		text := t.plain(it)
		content := streamContent(it.name, text)
		t.textRate.take(float64(envelope + len(content)))
		t.sink("stream", content, json.RawMessage("{}"), nil)
	} else {
		t.byteRate.take(float64(it.cost()))
		t.sink(it.msgType, it.content, it.metadata, it.buffers)
	}
	t.rate.take(1)

	t.mu.Lock()
	defer t.mu.Unlock()
	t.sending = 0
	t.changed.Broadcast()
}

// plain returns the text that a reader sees of a text or a gap.
func (t *sender) plain(it *item) []byte {
	text := it.text
	if it.left > 0 {
		if t.lineOpen {
			text = []byte("\n")
		}
		text = fmt.Appendf(text, "… %s left out: the cell writes faster than a notebook can show …\n",
			words.Bytes(it.left))
	}
	t.lineOpen = !bytes.HasSuffix(text, []byte("\n"))
	return text
}

// streamContent returns the content of a stream message.
func streamContent(name string, text []byte) json.RawMessage {
	content, err := json.Marshal(struct {
		Name string `json:"name"`
		Text string `json:"text"`
	}{name, string(text)})
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return content
}
