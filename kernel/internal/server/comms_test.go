package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/internal/commlink"
	"continuousnet/kernel/internal/output"
	"continuousnet/kernel/internal/wire"
)

func TestComms(t *testing.T) {
	var c comms
	var a, b commLink
	c.set("1", openComm{target: gonbTarget})
	c.set("2", openComm{target: "other", owner: &a})
	c.set("3", openComm{target: "other", owner: &b})
	if all := c.list(""); len(all) != 3 || all["2"]["target_name"] != "other" {
		t.Errorf("%v", all)
	}
	if some := c.list(gonbTarget); len(some) != 1 {
		t.Errorf("%v", some)
	}
	if c.set("2", openComm{target: "other", owner: &b}) || c.set("2", openComm{target: gonbTarget}) {
		t.Error("a comm of a process was taken over")
	}
	if ids := c.disown(&a); len(ids) != 1 || !slices.Contains(slices.Collect(maps.Keys(ids)), "2") {
		t.Errorf("a process that ended had the comms %v", ids)
	}
	if _, owner, ok := c.get("3"); !ok || owner != &b {
		t.Error("the comm of another process was closed")
	}
	c.clearGoNB()
	if _, _, ok := c.get("1"); ok {
		t.Error("a comm of GoNB outlives it")
	}
	if _, _, ok := c.get("3"); !ok {
		t.Error("a cell's comm ended with GoNB")
	}
	for i := range 2 * maxComms {
		c.set(fmt.Sprint("n", i), openComm{target: "x"})
	}
	if len(c.open) > maxComms {
		t.Errorf("%d comms", len(c.open))
	}
}

func update(id, state string, buffers ...string) commlink.Message {
	m := commlink.Message{Kind: commlink.Msg, ID: id}
	var paths []string
	for _, b := range buffers {
		path, content, _ := strings.Cut(b, "=")
		paths = append(paths, `["`+strings.ReplaceAll(path, ".", `","`)+`"]`)
		m.Buffers = append(m.Buffers, []byte(content))
	}
	m.Data = json.RawMessage(`{"method":"update","state":` + state + `,"buffer_paths":[` + strings.Join(paths, ",") +
		`]}`)
	return m
}

func click(id string, n int) commlink.Message {
	return commlink.Message{Kind: commlink.Msg, ID: id, Data: raw(map[string]any{"method": "custom", "n": n})}
}

// drained returns what a process gets that handles one message after the other.
func drained(q *commQueue) []string {
	var all []string
	for len(q.waits) > 0 {
		m, _ := q.pop()
		q.handled()
		var data struct {
			State map[string]any `json:"state"`
			N     int            `json:"n"`
		}
		if json.Unmarshal(m.Data, &data) != nil {
			panic("not JSON")
		}
		text := fmt.Sprint(m.ID, " ", data.State, " ", data.N)
		if len(m.Buffers) > 0 {
			text += " " + string(bytes.Join(m.Buffers, []byte("|")))
		}
		all = append(all, strings.ReplaceAll(text, "map", ""))
	}
	return all
}

func TestCommQueue(t *testing.T) {
	q := newCommQueue()
	for i := range 5000 {
		q.push(update("a", fmt.Sprintf(`{"value":%d}`, i)))
		q.push(update("b", fmt.Sprintf(`{"x%d":%d}`, i%2, i)))
	}
	q.push(click("c", 1))
	q.push(update("a", `{"value":-1}`))
	q.push(click("c", 2))
	want := "[a [value:4999] 0 b [x0:4998 x1:4999] 0 c [] 1 a [value:-1] 0 c [] 2]"
	if got := fmt.Sprint(drained(q)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	q.push(update("a", `{"p":{"shape":1},"q":1}`, "p.array=old", "r=kept"))
	q.push(update("a", `{"p":{"shape":2}}`, "p.array=new"))
	if got := fmt.Sprint(drained(q)); got != "[a [p:[shape:2] q:1] 0 kept|new]" {
		t.Errorf("buffers: %s", got)
	}
	if q.bytes != 0 {
		t.Errorf("%d bytes are counted in an empty queue", q.bytes)
	}
}

func TestCommQueueIsBounded(t *testing.T) {
	q := newCommQueue()
	for i := range 5 * maxCommQueue {
		fits := q.push(click("c", i))
		if fits != (i < maxCommQueue/2) {
			t.Fatalf("message %d: %v", i, fits)
		}
		q.push(update("a", fmt.Sprintf(`{"value":%d}`, i)))
		if len(q.waits) > maxCommQueue {
			t.Fatalf("%d messages wait", len(q.waits))
		}
	}
	got := drained(q)
	if last := fmt.Sprintf("a [value:%d] 0", 5*maxCommQueue-1); got[len(got)-1] != last {
		t.Errorf("the last value is %s, want %s", got[len(got)-1], last)
	}
}

func TestRequestStates(t *testing.T) {
	var c comms
	first, _ := stateOf(json.RawMessage(`{"state":{"_model_name":"M","v":1},"buffer_paths":[["b"]]}`), [][]byte{{1}})
	c.set("w", openComm{target: widgetTarget, owner: &commLink{}, state: first})
	c.set("other", openComm{target: "x", owner: &commLink{}})
	c.note("w", update("", `{"v":2}`).Data, nil)
	data, buffers := c.widgets("")
	want := `{"buffer_paths":[["w","state","b"]],"method":"update_states","states":{"w":{"model_module":null,` +
		`"model_module_version":null,"model_name":"M","state":{"_model_name":"M","v":2}}}}`
	if string(data) != want || len(buffers) != 1 {
		t.Errorf("%s %v, want %s", data, buffers, want)
	}
	c.remove("w")
	if data, _ := c.widgets(""); bytes.Contains(data, []byte(`"w"`)) || c.states != 0 {
		t.Errorf("after the end: %s, %d bytes", data, c.states)
	}
}

// A widget that stays when its process has ended is there for pages that come later, as it was left; what stays of many
// processes is bounded.
func TestStatesOfTheEnded(t *testing.T) {
	var c comms
	end := func(id string, size int) {
		owner := &commLink{}
		first, _ := stateOf(json.RawMessage(`{"state":{"_model_name":"M","v":"`+strings.Repeat("x", size)+`"},`+
			`"buffer_paths":[]}`), nil)
		c.set(id, openComm{target: widgetTarget, owner: owner, state: first})
		c.set(id+" goes", openComm{target: widgetTarget, owner: owner, state: first})
		c.setLast(id, update(id, `{"disabled":true}`))
		all := c.disown(owner)
		if last, ok := all[id+" goes"]; len(all) != 2 || all[id] == nil || !ok || last != nil {
			t.Errorf("left are %v", all)
		}
	}
	states := func() map[string]struct{ State map[string]any } {
		data, _ := c.widgets("")
		var answer struct {
			States map[string]struct{ State map[string]any }
		}
		if err := json.Unmarshal(data, &answer); err != nil {
			t.Fatal(err)
		}
		return answer.States
	}
	end("0", 3)
	if all := states(); len(all) != 1 || fmt.Sprint(all["0"].State) != "map[_model_name:M disabled:true v:xxx]" {
		t.Errorf("%v", all)
	}
	if _, _, open := c.get("0"); open || c.states != 0 || len(c.list("")) != 0 {
		t.Errorf("it is open, and %d bytes of states are", c.states)
	}
	for i := range maxEnded {
		end(fmt.Sprint(i+1), 3)
	}
	if all := states(); len(all) != maxEnded || all["0"].State != nil {
		t.Errorf("%d have stayed", len(all))
	}
	end("large", maxEndedBytes-100)
	if all := states(); len(all) >= maxEnded || all["large"].State == nil {
		t.Errorf("%d have stayed besides a large one", len(all))
	}
	end("too large", maxEndedBytes)
	if all := states(); all["large"].State == nil || all["too large"].State != nil {
		t.Errorf("%d have stayed after one that is too large", len(all))
	}
}

// Who shows widgets says so by asking for them, and cells are told.
func TestWidgetsShown(t *testing.T) {
	var c comms
	if c.showTarget() != "" {
		t.Error("somebody shows widgets before anybody came")
	}
	c.shown()
	if c.showTarget() != widgetTarget {
		t.Errorf("%q", c.showTarget())
	}
}

// When the process of a cell has ended, the outputs that showed its widgets show their other formats.
func TestViews(t *testing.T) {
	var sent []string
	s := &server{displays: map[string]string{}}
	cell := &run{req: &request{Message: &wire.Message{}}}
	cell.stream = output.New(func(msgType string, content, _ json.RawMessage, _ [][]byte) {
		sent = append(sent, msgType+" "+string(content))
	}, output.Options{})
	show := func(kind, content string) { s.said(cell, kind, []byte(content)) }
	view := func(model, text, id string) string {
		return `{"data":{"application/vnd.jupyter.widget-view+json":{"model_id":"` + model + `","version_major":2},` +
			`"text/plain":"` + text + `"},"metadata":{},"transient":{"display_id":"` + id + `"}}`
	}
	show("display", view("m1", "ended", "a"))
	show("display", view("m2", "of another cell", "b"))
	show("update", view("m3", "first", "c"))
	show("update", view("m3", "last", "c"))
	show("update", view("m4", "was a widget", "d"))
	show("update", `{"data":{"text/plain":"text"},"metadata":{},"transient":{"display_id":"d"}}`)
	show("display", `{"data":{"application/vnd.jupyter.widget-view+json":{"model_id":"m5"}},"metadata":{}}`)
	show("display", `{"data":{"application/vnd.jupyter.widget-view+json":{"model_id":"m6"},"text/plain":"no id"}}`)
	show("display", `{"data":{"application/vnd.jupyter.widget-view+json":7,"text/plain":"nonsense"}}`)
	show("result", view("m7", "a result", ""))
	cell.stream.Flush()
	if last := sent[len(sent)-1]; !strings.Contains(last, `"a result"`) || strings.Contains(last, "widget-view") {
		t.Errorf("a result is %s", last)
	}
	s.comms.set("m1", openComm{target: widgetTarget, owner: &commLink{cell: cell}}) // its end has not arrived yet
	s.comms.set("m2", openComm{target: widgetTarget, owner: &commLink{cell: &run{}}})
	cell.leave("m3", json.RawMessage(`{"text/plain":"left"}`))
	cell.leave("m3", json.RawMessage(`{}`))
	cell.leave("m6", json.RawMessage(`{"text/plain":"`+strings.Repeat("x", maxStates)+`"}`))
	before := len(sent)
	s.endViews(cell)
	cell.stream.Flush()
	cell.stream.Close()
	var texts []string
	for _, m := range sent[before:] {
		kind, content, _ := strings.Cut(m, " ")
		var c struct {
			Data      map[string]any
			Transient map[string]string
		}
		if err := json.Unmarshal([]byte(content), &c); err != nil || kind != "update_display_data" ||
			len(c.Data) != 1 ||
			c.Transient["display_id"] == "" {
			t.Errorf("%v: %s", err, m)
		}
		texts = append(texts, fmt.Sprint(c.Data["text/plain"]))
	}
	if fmt.Sprint(texts) != "[ended left no id]" {
		t.Errorf("%q", texts)
	}
}
