package output

import (
	"bytes"
	"container/list"
	"encoding/json"
	"unicode/utf8"
)

// item is a piece of text, a message, or a gap, the place where text was left out.
type item struct {
	number uint64 // rises along the queue

	name string // the stream of a text or gap
	text []byte // at most maxPiece
	left int64  // bytes left out; 0 unless the item is a gap

	msgType   string // empty for a text or gap
	content   json.RawMessage
	metadata  json.RawMessage
	buffers   [][]byte
	displayID string
	clears    bool // a clear_output
	waits     bool // with wait=True: the front end clears when the next output arrives
	runs      bool // a display with a script, which has to run even if the display is replaced or cleared at once
}

func newMessage(msgType string, content, metadata json.RawMessage, buffers [][]byte) *item {
	it := &item{msgType: msgType, content: content, metadata: metadata, buffers: buffers}
	switch msgType {
	case "clear_output":
		var c struct {
			Wait bool `json:"wait"`
		}
		it.clears = true
		it.waits = json.Unmarshal(content, &c) == nil && c.Wait
	case "display_data", "update_display_data":
		if !bytes.Contains(content, []byte(`"display_id"`)) && !mayRun(content) { // spares pictures the parser
			break
		}
		var c struct {
			Data      json.RawMessage `json:"data"`
			Transient struct {
				DisplayID string `json:"display_id"`
			} `json:"transient"`
		}
		if json.Unmarshal(content, &c) == nil {
			it.displayID = c.Transient.DisplayID
			it.runs = runs(c.Data)
		}
	}
	return it
}

// cost returns the approximate memory of the item, in bytes.
func (it *item) cost() int {
	n := overhead + len(it.text) + len(it.content) + len(it.metadata)
	for _, b := range it.buffers {
		n += len(b)
	}
	return n
}

func (it *item) isText() bool { return it.msgType == "" && it.left == 0 }

// isUpdate reports whether a later update of the same display can take the item's place.
func (it *item) isUpdate() bool {
	return it.msgType == "update_display_data" && it.displayID != "" && !it.runs
}

// isOutput reports whether the message makes a front end carry out a pending clear_output(wait=True).
func (it *item) isOutput() bool {
	return it.msgType == "display_data" || it.msgType == "execute_result" || it.msgType == "error"
}

// cleared reports whether the item need not be sent if a clear_output follows. A display with an id must be sent, as it
// also updates displays with the same id in other cells. So must scripts, and results and errors, for which programs
// wait as well.
func (it *item) cleared() bool {
	return it.msgType == "" || it.clears || it.msgType == "display_data" && it.displayID == "" && !it.runs
}

// push appends an item to the queue.
func (s *Stream) push(it *item) *list.Element {
	if s.queue.Len() == 0 {
		s.poke() // an item behind others waits for them anyway
	}
	s.last++
	it.number = s.last
	if it.isText() {
		s.texts += it.cost()
	} else {
		s.messages++
		s.messageBytes += it.cost()
	}
	return s.queue.PushBack(it)
}

// remove removes an element from the queue and all references to it.
func (s *Stream) remove(e *list.Element) {
	it := s.queue.Remove(e).(*item)
	switch {
	case e == s.gap:
		s.gap = nil
	case it.isText():
		s.texts -= it.cost()
	default:
		s.messages--
		s.messageBytes -= it.cost()
	}
	if e == s.clear {
		s.clear = nil
	}
	if s.updates[it.displayID] == e {
		delete(s.updates, it.displayID)
	}
}

// open lets items up to a number be sent without waiting for more text to join them.
func (s *Stream) open(to uint64) {
	s.openTo = max(s.openTo, to)
	s.poke()
}

// pushText appends text in pieces. Text begins and ends at the boundary of a rune, and so do the pieces.
func (s *Stream) pushText(name, text string) {
	if text == "" {
		return
	}
	s.applyClear()
	for text != "" {
		it := s.openPiece(name)
		n := 0
		if it != nil {
			n = runeCut(text, maxPiece-len(it.text))
		}
		if n == 0 { // there is no piece, or not even one rune fits in
			it = &item{name: name, text: s.spare}
			s.spare = nil
			s.push(it)
			n = runeCut(text, maxPiece)
		}
		it.text = append(it.text, text[:n]...)
		s.texts += n
		text = text[n:]
		if s.texts > s.o.Limit {
			s.leaveOut()
		}
	}
}

// openPiece returns the piece of text at the end of the queue if it belongs to the stream and has room.
func (s *Stream) openPiece(name string) *item {
	if e := s.queue.Back(); e != nil {
		if it := e.Value.(*item); it.isText() && it.name == name && len(it.text) < maxPiece {
			return it
		}
	}
	return nil
}

// runeCut returns the largest number of bytes, at most n, after which text can be cut without splitting a rune.
func runeCut(text string, n int) int {
	if n >= len(text) {
		return len(text)
	}
	for i := n; i > n-utf8.UTFMax && i >= 0; i-- {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return n // not UTF-8
}

func (s *Stream) pushMessage(it *item) {
	switch {
	case it.isUpdate():
		if e := s.updates[it.displayID]; e != nil {
			before, after := e.Prev(), e.Next()
			s.remove(e)
			s.join(before, after)
			s.stats.superseded++
			s.poke() // the front may be another one now
			s.changed.Broadcast()
		}
		s.updates[it.displayID] = s.push(it)
		return
	case it.clears && !it.waits:
		s.drop(nil)
	case it.isOutput():
		s.applyClear()
	}
	e := s.push(it)
	if it.waits {
		s.clear = e
	}
	clear(s.updates) // an update behind this message must not take the place of one before it
	s.open(it.number)
}

// join merges two texts that have become neighbours, if they fit into one piece.
func (s *Stream) join(before, after *list.Element) {
	if before == nil || after == nil {
		return
	}
	a, b := before.Value.(*item), after.Value.(*item)
	if !a.isText() || !b.isText() || a.name != b.name || len(a.text)+len(b.text) > maxPiece {
		return
	}
	text := b.text
	s.remove(after)
	a.text = append(a.text, text...)
	s.texts += len(text)
}

// applyClear is called before an output is queued. If a clear_output(wait=True) in the queue waits for an output, what
// precedes it would be cleared at once and is dropped.
func (s *Stream) applyClear() {
	if e := s.clear; e != nil {
		s.clear = nil
		s.drop(e)
	}
}

// drop removes the items that need not be sent because of a clear_output at the given element; nil is the end of the
// queue.
func (s *Stream) drop(until *list.Element) {
	for e := s.queue.Front(); e != nil && e != until; {
		next := e.Next()
		if e.Value.(*item).cleared() {
			s.remove(e)
			s.stats.superseded++
		}
		e = next
	}
	s.poke() // the front may be another one now
	s.changed.Broadcast()
}

// leaveOut drops text from the middle of the queue until the rest is within the limit. It drops the text behind the gap
// or, if there is no gap, behind the first half.
func (s *Stream) leaveOut() {
	e := s.gap
	if e == nil {
		e = s.half()
	}
	for s.texts > s.o.Limit && e != nil {
		drop := e.Next()
		for drop != nil && !drop.Value.(*item).isText() {
			drop = drop.Next()
		}
		if drop == nil || drop == s.queue.Back() { // the newest piece stays
			return
		}
		it := drop.Value.(*item)
		if s.gap == nil {
			s.gap = s.queue.InsertBefore(&item{}, drop)
		} else {
			s.queue.MoveBefore(s.gap, drop)
		}
		gap := s.gap.Value.(*item)
		gap.number, gap.name = it.number, it.name
		gap.left += int64(len(it.text))
		s.stats.leftOut += int64(len(it.text))
		s.remove(drop)
		s.spare = it.text[:0]
		e = s.gap
	}
}

// half returns the element at which the waiting texts reach half of their limit; nil if the gap precedes it.
func (s *Stream) half() *list.Element {
	first := 0
	for e := s.queue.Front(); e != nil && e != s.gap; e = e.Next() {
		if it := e.Value.(*item); it.isText() {
			first += it.cost()
		}
		if first >= s.o.Limit/2 {
			return e
		}
	}
	return nil
}

// endGap is called before the gap at the front is sent. It cuts the text behind the gap so that it starts with a new
// line.
func (s *Stream) endGap(e *list.Element) {
	gap := e.Value.(*item)
	next := e.Next()
	if next == nil {
		return
	}
	it := next.Value.(*item)
	if !it.isText() || it.name != gap.name {
		return
	}
	n := bytes.IndexByte(it.text, '\n') + 1
	if n == len(it.text) {
		return
	}
	it.text = it.text[n:]
	s.texts -= n
	gap.left += int64(n)
	s.stats.leftOut += int64(n)
}
