package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"continuousnet/kernel/internal/commlink"
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
	if ids := c.disown(&a); len(ids) != 1 || ids[0] != "2" {
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
	data, buffers := c.widgets()
	want := `{"buffer_paths":[["w","state","b"]],"method":"update_states","states":{"w":{"model_module":null,` +
		`"model_module_version":null,"model_name":"M","state":{"_model_name":"M","v":2}}}}`
	if string(data) != want || len(buffers) != 1 {
		t.Errorf("%s %v, want %s", data, buffers, want)
	}
	c.remove("w")
	if data, _ := c.widgets(); bytes.Contains(data, []byte(`"w"`)) || c.states != 0 {
		t.Errorf("after the end: %s, %d bytes", data, c.states)
	}
}
