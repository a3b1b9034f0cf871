package output

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// sent is a message as the sink got it.
type sent struct {
	at      time.Duration // since the recorder was made
	msgType string
	text    string // of a stream message; the content of another
	name    string // of a stream
	size    int    // of the content
}

func (m sent) String() string {
	if m.msgType == "stream" {
		return m.name + ": " + m.text
	}
	return m.msgType + ": " + m.text
}

type recorder struct {
	start time.Time
	mu    sync.Mutex
	all   []sent
}

func newRecorder() *recorder { return &recorder{start: time.Now()} }

func (r *recorder) sink(msgType string, content, metadata json.RawMessage, buffers [][]byte) {
	m := sent{at: time.Since(r.start), msgType: msgType, text: string(content), size: len(content)}
	if msgType == "stream" {
		var c struct{ Name, Text string }
		if err := json.Unmarshal(content, &c); err != nil {
			panic(err)
		}
		m.name, m.text = c.Name, c.Text
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, m)
}

func (r *recorder) messages() []sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

func (r *recorder) strings() []string {
	var s []string
	for _, m := range r.messages() {
		s = append(s, m.String())
	}
	return s
}

// run runs f with a stream on a clock of its own.
func run(t *testing.T, o Options, f func(t *testing.T, s *Stream, r *recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		s := New(r.sink, o)
		defer s.Close()
		f(t, s, r)
	})
}

func expect(t *testing.T, r *recorder, want ...string) {
	t.Helper()
	if got := r.strings(); !slices.Equal(got, want) {
		t.Errorf("sent\n%q, want\n%q", got, want)
	}
}

func display(s *Stream, v any) {
	s.Message("display_data", fmt.Appendf(nil, `{"data":{"text/plain":"%v"}}`, v), nil, nil)
}

func update(s *Stream, id string, v any) {
	s.Message("update_display_data", fmt.Appendf(nil, `{"data":"%v","transient":{"display_id":"%s"}}`, v, id), nil, nil)
}

func clearOutput(s *Stream, wait bool) {
	s.Message("clear_output", fmt.Appendf(nil, `{"wait":%v}`, wait), nil, nil)
}

// The first text after a pause goes out at once, what follows within 50 ms goes out together.
func TestTextIsGathered(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
		s.Text("stdout", "first ")
		synctest.Wait()
		for i := range 5 {
			time.Sleep(time.Millisecond)
			s.Text("stdout", fmt.Sprint(i))
		}
		time.Sleep(time.Second)
		s.Text("stdout", " quiet")
		synctest.Wait()
		expect(t, r, "stdout: first ", "stdout: 01234", "stdout:  quiet")
		got := r.messages()
		if want := []time.Duration{0, 50 * time.Millisecond, 1005 * time.Millisecond}; got[0].at != want[0] ||
			got[1].at != want[1] || got[2].at != want[2] {
			t.Errorf("sent at %v, %v, %v, want %v", got[0].at, got[1].at, got[2].at, want)
		}
	})
}

// 10,000 small outputs in a second are some 20 messages.
func TestTinyPrints(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
		var want strings.Builder
		for i := range 10_000 {
			line := fmt.Sprintf("step %d\n", i)
			want.WriteString(line)
			s.Text("stdout", line)
			time.Sleep(100 * time.Microsecond)
		}
		s.Flush()
		var got strings.Builder
		for _, m := range r.messages() {
			got.WriteString(m.text)
		}
		if got.String() != want.String() {
			t.Error("the text is not what the cell wrote")
		}
		if n := len(r.messages()); n < 15 || n > 25 {
			t.Errorf("%d messages, want about 20", n)
		}
	})
}

// Outputs of all kinds arrive in the order in which the cell made them, without waiting for more.
func TestOrder(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
		s.Text("stdout", "a")
		s.Text("stderr", "b")
		s.Text("stdout", "c")
		display(s, 1)
		s.Text("stdout", "d")
		s.Message("comm_msg", json.RawMessage(`{}`), nil, nil)
		s.Text("stdout", "e")
		s.Message("error", json.RawMessage(`{"ename":"panic"}`), nil, nil)
		s.Flush()
		expect(t, r, "stdout: a", "stderr: b", "stdout: c", `display_data: {"data":{"text/plain":"1"}}`,
			"stdout: d", "comm_msg: {}", "stdout: e", `error: {"ename":"panic"}`)
		for _, m := range r.messages() {
			if m.at != 0 {
				t.Errorf("%v was sent after %v, want at once", m, m.at)
			}
		}
	})
}

// What is being gathered does not wait when a message stands behind it, nor when Flush asks for it.
func TestGatheringEnds(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
		s.Text("stdout", "a")
		synctest.Wait()
		s.Text("stdout", "b")
		synctest.Wait()
		expect(t, r, "stdout: a")
		s.Message("comm_msg", json.RawMessage(`{}`), nil, nil)
		synctest.Wait()
		expect(t, r, "stdout: a", "stdout: b", "comm_msg: {}")
		s.Text("stdout", "c")
		s.Flush()
		expect(t, r, "stdout: a", "stdout: b", "comm_msg: {}", "stdout: c")
		if took := time.Since(r.start); took != 0 {
			t.Errorf("it took %v, want no time", took)
		}
	})
}

// A message's metadata and buffers reach the sink untouched.
func TestMessageParts(t *testing.T) {
	var got []string
	s := New(func(msgType string, content, metadata json.RawMessage, buffers [][]byte) {
		got = append(got, fmt.Sprintf("%s %s %s %s", msgType, content, metadata, buffers))
	}, Options{})
	s.Message("comm_open", json.RawMessage(`{ "a":1}`), json.RawMessage(`{"m": 2}`), [][]byte{[]byte("x"), []byte("y")})
	s.Text("stdout", "t")
	s.Flush()
	s.Close()
	if want := []string{`comm_open { "a":1} {"m": 2} [x y]`,
		`stream {"name":"stdout","text":"t"} {} []`}; !slices.Equal(got, want) {
		t.Errorf("the sink got %q, want %q", got, want)
	}
}

// Displays cannot be gathered: all go out, in order, after the burst at the rate. Flush waits for them.
func TestDisplaysArePaced(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
		const n = 5000
		for i := range n {
			display(s, i)
		}
		s.Flush()
		if took := time.Since(r.start).Seconds(); math.Abs(took-(n-100)/400.) > 0.1 {
			t.Errorf("it took %.2f s, want %.2f", took, (n-100)/400.)
		}
		got := r.messages()
		for i, m := range got {
			if want := fmt.Sprintf(`{"data":{"text/plain":"%d"}}`, i); m.text != want {
				t.Fatalf("message %d is %s, want %s", i, m, want)
			}
		}
		if len(got) != n || s.Stats().messages != n {
			t.Errorf("%d messages and %d counted, want %d", len(got), s.Stats().messages, n)
		}
	})
}

// Whatever the cell does, in any 3 s there are fewer than 3,000 messages and 3 MB of stream messages: from there on
// Jupyter's server throws output away.
func TestServerLimits(t *testing.T) {
	for name, write := range map[string]func(s *Stream, i int){
		"plain text":   func(s *Stream, i int) { s.Text("stdout", strings.Repeat("x", 19_999)+"\n") },
		"escapes":      func(s *Stream, i int) { s.Text("stdout", strings.Repeat("\x01", 20_000)) },
		"not UTF-8":    func(s *Stream, i int) { s.Text("stdout", strings.Repeat("\xff", 20_000)) },
		"two streams":  func(s *Stream, i int) { s.Text([]string{"stdout", "stderr"}[i%2], strings.Repeat("y", 1000)) },
		"small pieces": func(s *Stream, i int) { s.Text("stdout", "z"); display(s, i) },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, Options{Limit: 4 << 20, maxMessages: 3000}, func(t *testing.T, s *Stream, r *recorder) {
				for i := range 2000 {
					write(s, i)
					time.Sleep(4 * time.Millisecond)
				}
				s.Flush()
				got := r.messages()
				count, size, first := 0, 0, 0
				for _, m := range got {
					count++
					if m.msgType == "stream" {
						size += m.size + 900 // the headers
					}
					for m.at-got[first].at >= 3*time.Second {
						count--
						if got[first].msgType == "stream" {
							size -= got[first].size + 900
						}
						first++
					}
					if count > 3000 || size > 3e6 {
						t.Fatalf("%d messages and %d bytes of text in the 3 s before %v", count, size, m.at)
					}
				}
			})
		})
	}
}

// Of the states of a display that follow one another quickly only the last is sent, where it was made; none that is the
// last before another message is lost.
func TestUpdates(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
		update(s, "p", 0)
		synctest.Wait()
		for i := range 1000 {
			update(s, "p", i+1)
			s.Text("stdout", ".")
			update(s, "q", i+1)
		}
		time.Sleep(time.Second)
		u := func(id string, v int) string {
			return fmt.Sprintf(`update_display_data: {"data":"%d","transient":{"display_id":"%s"}}`, v, id)
		}
		dots := "stdout: " + strings.Repeat(".", 999)
		expect(t, r, u("p", 0), dots, u("p", 1000), "stdout: .", u("q", 1000))
		if got := s.Stats().superseded; got != 2*999 {
			t.Errorf("%d superseded, want %d", got, 2*999)
		}

		update(s, "p", 1001)
		synctest.Wait()
		r.all = nil
		update(s, "p", 1)
		update(s, "p", 2)
		display(s, 3)
		update(s, "p", 4)
		update(s, "p", 5)
		s.Flush()
		expect(t, r, u("p", 2), `display_data: {"data":{"text/plain":"3"}}`, u("p", 5))
	})
}

// Updates at any speed are 20 messages a second for each display, and the last one is sent without a Flush.
func TestUpdatesArePaced(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
		for i := range 2000 {
			update(s, "p", i)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		got := r.messages()
		if n := len(got); n < 35 || n > 45 {
			t.Errorf("%d messages in 2 s, want about 40", n)
		}
		if last := got[len(got)-1].text; !strings.Contains(last, `"1999"`) {
			t.Errorf("the last one is %s", last)
		}
	})
}

// The classic animation: frames that would be cleared before anybody saw them are not sent; the last one is.
func TestAnimation(t *testing.T) {
	for name, frame := range map[string]func(s *Stream, i int){
		"clear, then draw": func(s *Stream, i int) {
			clearOutput(s, true)
			s.Text("stdout", fmt.Sprint("frame ", i))
			display(s, i)
		},
		"draw, then clear": func(s *Stream, i int) {
			s.Text("stdout", fmt.Sprint("frame ", i))
			display(s, i)
			clearOutput(s, true)
		},
		"pictures only": func(s *Stream, i int) {
			clearOutput(s, true)
			if i < 9999 {
				display(s, "frame")
				return
			}
			s.Text("stdout", "frame 9999")
			display(s, i)
		},
		"clear at once": func(s *Stream, i int) {
			clearOutput(s, false)
			s.Text("stdout", fmt.Sprint("frame ", i))
			display(s, i)
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
				for i := range 10_000 {
					frame(s, i)
				}
				s.Flush()
				if n := len(r.messages()); n > 200 {
					t.Errorf("%d messages, want no more than the burst and a frame", n)
				}
				if took := time.Since(r.start); took > time.Second {
					t.Errorf("the last frame came after %v", took)
				}
				// What a front end shows in the end.
				var shown []string
				pending := false
				for _, m := range r.messages() {
					if m.msgType == "clear_output" {
						if pending = strings.Contains(m.text, "true"); !pending {
							shown = nil
						}
						continue
					}
					if pending {
						shown, pending = nil, false
					}
					shown = append(shown, m.String())
				}
				want := []string{"stdout: frame 9999", `display_data: {"data":{"text/plain":"9999"}}`}
				if !slices.Equal(shown, want) {
					t.Errorf("shown is %q, want %q", shown, want)
				}
			})
		})
	}
}

// clear_output drops nothing that is more than a picture of the cell.
func TestClearKeeps(t *testing.T) {
	run(t, Options{burst: 1, rate: 1}, func(t *testing.T, s *Stream, r *recorder) {
		s.Text("stdout", "sent before")
		synctest.Wait()
		s.Text("stdout", "dropped")
		display(s, "dropped")
		update(s, "elsewhere", 1)
		s.Message("comm_msg", json.RawMessage(`{}`), nil, nil)
		s.Message("display_data", json.RawMessage(`{"transient":{"display_id":"x"}}`), nil, nil)
		s.Message("execute_result", json.RawMessage(`{}`), nil, nil)
		clearOutput(s, false)
		s.Flush()
		expect(t, r, "stdout: sent before", `update_display_data: {"data":"1","transient":{"display_id":"elsewhere"}}`,
			"comm_msg: {}", `display_data: {"transient":{"display_id":"x"}}`, "execute_result: {}",
			`clear_output: {"wait":false}`)
	})
}

// A clear_output that waits for the next output is done with once it is sent.
func TestClearSent(t *testing.T) {
	run(t, Options{burst: 1, rate: 1}, func(t *testing.T, s *Stream, r *recorder) {
		clearOutput(s, true)
		synctest.Wait()
		clearOutput(s, false)
		display(s, 1)
		s.Flush()
		expect(t, r, `clear_output: {"wait":true}`, `clear_output: {"wait":false}`,
			`display_data: {"data":{"text/plain":"1"}}`)
	})
}

// No piece is larger than 64 KiB and none ends inside a rune, however the cell's writes are cut.
func TestRunes(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
		text := strings.Repeat("€𝄞aé", 60_000)
		for rest := text; rest != ""; {
			n := min(7001, len(rest))
			s.Text("stdout", rest[:n])
			rest = rest[n:]
		}
		s.Flush()
		var all strings.Builder
		for _, m := range r.messages() {
			if len(m.text) > maxPiece {
				t.Errorf("a piece has %d bytes", len(m.text))
			}
			all.WriteString(m.text)
		}
		if all.String() != text {
			t.Error("the text is not what the cell wrote")
		}
	})
}

// The start of a rune waits for its end, also if the other stream or a message comes between, or Flush is called, as
// before an input field; EndText gives it up.
func TestCutRune(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
		s.Text("stdout", "a\xe2\x82")
		time.Sleep(time.Second)
		s.Text("stderr", "b\xf0\x9f")
		s.Flush()
		s.Text("stdout", "\xacc\xe2")
		time.Sleep(time.Second)
		s.Text("stderr", "\x98\x80\n")
		s.Flush()
		expect(t, r, "stdout: a", "stderr: b", "stdout: €c", "stderr: 😀\n")
		s.EndText()
		s.EndText()
		s.Text("stdout", "\xac\xffd")
		s.Flush()
		expect(t, r, "stdout: a", "stderr: b", "stdout: €c", "stderr: 😀\n", "stdout: \ufffd\ufffd\ufffdd")
	})
}

// A cell that prints without end costs a bounded amount of memory. Its first and newest lines are shown, and one line
// says how much is missing between them.
func TestLeftOut(t *testing.T) {
	run(t, Options{Limit: 2 << 20}, func(t *testing.T, s *Stream, r *recorder) {
		const lines, size = 100_000, 100
		total := 0
		for i := range lines {
			s.Text("stdout", fmt.Sprintf("%*d\n", size-1, i))
			total += size
			s.mu.Lock()
			if s.texts > 2<<20+maxPiece {
				t.Fatalf("%d bytes wait", s.texts)
			}
			s.mu.Unlock()
		}
		s.Flush()
		var all strings.Builder
		for _, m := range r.messages() {
			all.WriteString(m.text)
		}
		got := strings.Split(strings.TrimSuffix(all.String(), "\n"), "\n")
		var notes []string
		var numbers []int
		for _, line := range got {
			var n int
			if _, err := fmt.Sscan(line, &n); err != nil || len(line) != size-1 {
				notes = append(notes, line)
				continue
			}
			numbers = append(numbers, n)
		}
		left := s.Stats().leftOut
		// The line before the gap may be cut, hence two.
		note := fmt.Sprintf("… %d MB left out: the cell writes faster than a notebook can show …", left/1e6)
		if len(notes) == 0 || len(notes) > 2 || notes[len(notes)-1] != note {
			t.Errorf("the notes are %q, want %q", notes, note)
		}
		if !slices.IsSorted(numbers) || numbers[0] != 0 || numbers[len(numbers)-1] != lines-1 {
			t.Errorf("the lines go from %d to %d in order: %v", numbers[0], numbers[len(numbers)-1],
				slices.IsSorted(numbers))
		}
		if shown := all.Len() - len(note) - 2; shown+int(left) < total-2 || shown+int(left) > total+2 {
			t.Errorf("%d bytes shown and %d left out, want %d together", shown, left, total)
		}
		if all.Len() < 2<<20-3*maxPiece {
			t.Errorf("%d bytes shown, want most of the limit", all.Len())
		}
	})
}

// However small the limit, the first piece and the newest one are shown.
func TestLeftOutSmallLimit(t *testing.T) {
	run(t, Options{Limit: 1, rate: 1, burst: 1}, func(t *testing.T, s *Stream, r *recorder) {
		display(s, 0) // the burst
		synctest.Wait()
		s.Text("stdout", "first")
		s.Text("stderr", "left out")
		s.Text("stdout", "newest")
		s.Flush()
		expect(t, r, `display_data: {"data":{"text/plain":"0"}}`, "stdout: first",
			"stderr: \n… 8 bytes left out: the cell writes faster than a notebook can show …\n", "stdout: newest")
	})
}

// The limit counts what tiny pieces take in memory, and messages between the texts stay.
func TestLeftOutBetweenMessages(t *testing.T) {
	run(t, Options{Limit: 1 << 20, rate: 100, burst: 1}, func(t *testing.T, s *Stream, r *recorder) {
		const n = 20_000
		for i := range n {
			s.Text([]string{"stdout", "stderr"}[i%2], "x")
			if i%1000 == 0 {
				display(s, i)
			}
		}
		if waiting := s.queue.Len(); waiting > 1<<20/overhead+50 {
			t.Errorf("%d items wait", waiting)
		}
		s.Flush()
		displays, notes := 0, 0
		for _, m := range r.messages() {
			if m.msgType == "display_data" {
				if want := fmt.Sprintf(`{"data":{"text/plain":"%d"}}`, displays*1000); m.text != want {
					t.Errorf("display %s, want %s", m.text, want)
				}
				displays++
			} else if strings.Contains(m.text, "left out") {
				notes++
			}
		}
		if displays != n/1000 || notes != 1 {
			t.Errorf("%d displays and %d notes, want %d and 1", displays, notes, n/1000)
		}
	})
}

// Too many displays hold the cell up and lose nothing.
func TestBackPressure(t *testing.T) {
	for name, o := range map[string]Options{
		"count": {maxMessages: 10},
		"bytes": {maxMessageBytes: 10 * (overhead + 40)},
	} {
		t.Run(name, func(t *testing.T) {
			o.rate, o.burst = 10, 1
			run(t, o, func(t *testing.T, s *Stream, r *recorder) {
				for i := range 100 {
					display(s, i)
				}
				if took := time.Since(r.start).Seconds(); took < 8 || took > 9.5 {
					t.Errorf("Message let 100 displays pass in %.1f s, want about 9", took)
				}
				s.Flush()
				if n := len(r.messages()); n != 100 {
					t.Errorf("%d messages, want 100", n)
				}
			})
		})
	}
}

// Close ends whatever waits, at once, and nothing is sent after it.
func TestClose(t *testing.T) {
	run(t, Options{rate: 1, burst: 1, maxMessages: 2}, func(t *testing.T, s *Stream, r *recorder) {
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() { display(s, i) })
		}
		all.Go(s.Flush)
		synctest.Wait()
		s.Close()
		n := len(r.messages())
		all.Wait()
		s.Text("stdout", "late")
		display(s, "late")
		s.Flush()
		time.Sleep(time.Minute)
		if got := len(r.messages()); got != n {
			t.Errorf("%d messages after Close", got-n)
		}
		s.Close()
	})
}

// Flush waits for what came before it, not for what goes on coming.
func TestFlushEnds(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Stream, r *recorder) {
		stop := make(chan struct{})
		var writer sync.WaitGroup
		writer.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
					display(s, i)
				}
			}
		})
		time.Sleep(time.Second)
		s.Text("stdout", "mine")
		s.Flush()
		close(stop)
		if !slices.Contains(r.strings(), "stdout: mine") {
			t.Error("Flush returned before the text was sent")
		}
		writer.Wait()
	})
}

// Several goroutines may write; each one's outputs stay in order. Meant for the race detector.
func TestConcurrent(t *testing.T) {
	r := newRecorder()
	s := New(r.sink, Options{rate: 1e6, burst: 1e6, textRate: 1e9, textBurst: 1e9})
	const writers, n = 4, 500
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range n {
				s.Text("stdout", fmt.Sprintf("%d:%d\n", w, i))
				if i%10 == 0 {
					display(s, i)
				}
				if i%100 == 0 {
					s.Flush()
					_ = s.Stats()
				}
			}
		})
	}
	all.Wait()
	s.Flush()
	s.Close()
	next := [writers]int{}
	for _, m := range r.messages() {
		if m.msgType != "stream" {
			continue
		}
		for line := range strings.Lines(m.text) {
			var w, i int
			if _, err := fmt.Sscanf(line, "%d:%d", &w, &i); err != nil || i != next[w] {
				t.Fatalf("line %q (%v), want number %d of writer %d", line, err, next[w], w)
			}
			next[w]++
		}
	}
	if next != [writers]int{n, n, n, n} {
		t.Errorf("%v lines, want %d each", next, n)
	}
}

// However text is cut and mixed, what is sent is what was written.
func FuzzText(f *testing.F) {
	f.Add("a€b𝄞c", uint8(2), uint8(3))
	f.Add("\xff\xe2\x82 \xf0\x9f", uint8(1), uint8(1))
	f.Fuzz(func(t *testing.T, text string, cut, other uint8) {
		var got [2]strings.Builder
		names := []string{"stdout", "stderr"}
		s := New(func(_ string, content, _ json.RawMessage, _ [][]byte) {
			var c struct{ Name, Text string }
			if err := json.Unmarshal(content, &c); err != nil {
				t.Error(err)
			}
			got[slices.Index(names, c.Name)].WriteString(c.Text)
		}, Options{rate: 1e6, textRate: 1e9})
		defer s.Close()
		for rest := text; rest != ""; {
			n := min(int(cut)+1, len(rest))
			s.Text("stdout", rest[:n])
			rest = rest[n:]
			s.Text("stderr", strings.Repeat("x", int(other%3)))
		}
		s.EndText()
		s.Flush()
		if want := ValidText(text); got[0].String() != want {
			t.Errorf("sent %q, want %q", got[0].String(), want)
		}
		if utf8.RuneCountInString(got[1].String())%max(1, int(other%3)) != 0 {
			t.Errorf("stderr is %q", got[1].String())
		}
	})
}

func BenchmarkText(b *testing.B) {
	for _, size := range []int{100, 32 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := New(func(string, json.RawMessage, json.RawMessage, [][]byte) {}, Options{})
			defer s.Close()
			text := strings.Repeat("x", size-1) + "\n"
			b.SetBytes(int64(size))
			for b.Loop() {
				s.Text("stdout", text)
			}
		})
	}
}

// The end of an interrupted cell does not wait for all that it printed: of that the beginning and the end are left, and
// one line says how much is missing.
func TestShorten(t *testing.T) {
	for _, lines := range []int{15_000, 60_000} { // without a gap before, and with one
		run(t, Options{Limit: 2 << 20, rate: 1, burst: 1}, func(t *testing.T, s *Stream, r *recorder) {
			display(s, 0) // the burst
			synctest.Wait()
			for i := range lines {
				s.Text("stdout", fmt.Sprintf("%99d\n", i))
			}
			before := s.Stats().leftOut
			s.Shorten(256 << 10)
			if s.texts > 256<<10 {
				t.Errorf("%d bytes wait", s.texts)
			}
			s.Flush()
			var all strings.Builder
			for _, m := range r.messages()[1:] {
				all.WriteString(m.text)
			}
			notes := strings.Count(all.String(), "left out")
			first, last := fmt.Sprintf("%99d\n", 0), fmt.Sprintf("%99d\n", lines-1)
			if notes != 1 || !strings.HasPrefix(all.String(), first) || !strings.HasSuffix(all.String(), last) {
				t.Errorf("%d lines, %d bytes left out before: %d notes in %d bytes, from %.120q to %.120q", lines,
					before, notes, all.Len(), all.String(), all.String()[all.Len()-100:])
			}
			if left := int(s.Stats().leftOut); all.Len()+left < 100*lines || all.Len() > 300<<10 {
				t.Errorf("%d lines: %d bytes shown, %d left out", lines, all.Len(), left)
			}
		})
	}
}

// An interrupt may come just when a cell has ended: its stream is closed, and stays as it is.
func TestShortenClosed(t *testing.T) {
	s := New(func(string, json.RawMessage, json.RawMessage, [][]byte) {}, Options{Limit: 1 << 20})
	for range 100 {
		s.Text("stdout", strings.Repeat("x", maxPiece))
	}
	s.Close()
	before := s.Stats()
	s.Shorten(1)
	if after := s.Stats(); after != before || s.queue.Len() != 0 {
		t.Errorf("%+v became %+v, with %d items", before, after, s.queue.Len())
	}
}
