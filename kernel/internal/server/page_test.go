package server

import (
	"fmt"
	"testing"
)

// TestPage checks what stands in for a page sends: the first value of each widget, once, when GoNB can take it.
func TestPage(t *testing.T) {
	p, cell := &page{}, &run{}
	expect := func(what string, got []pageMessage, want string) {
		t.Helper()
		text := ""
		for _, m := range got {
			text += fmt.Sprintf("%s=%s ", m.Address, m.Value)
		}
		if text != want {
			t.Errorf("%s: %q, want %q", what, text, want)
		}
	}
	show := func(html string) []pageMessage {
		first, _ := p.shows(cell, html)
		return first
	}
	hear := func(address string) []pageMessage {
		answers, own := p.hears("comm_msg", p.comm, pageMessage{Address: address})
		if !own {
			t.Errorf("%s is not for the session", address)
		}
		return answers
	}
	widget := func(address, id, value string) string {
		return fmt.Sprintf("<script>e = document.getElementById(%q); comm.newSyncedVariable(%q, %s);</script>", id,
			address, value)
	}
	if _, opens := p.shows(cell, "<b>text</b>"); opens || p.cell != nil {
		t.Error("any text begins something")
	}
	if _, opens := p.shows(cell, `<script>let comm = { _kernel_id: "k" }</script>`); !opens || p.kernel != "k" {
		t.Error("the script that opens the comm is not known")
	}
	show(`<input type="range" id="slider" min="0" value="3"/>`)
	show(`<select id="list"><option value="0">a</option><option value="1" selected>b</option></select>`)
	show(`<script>e.append("<select id=\"added\"><option value=\"5\">a</option></select>")</script>`)
	expect("before there is a comm", show(widget("/slider", "slider", "e.value")), "")
	if _, own := p.hears("comm_msg", "", pageMessage{}); own {
		t.Error("the session has no comm")
	}
	p.comm = "c"
	if _, own := p.hears("comm_msg", "other", pageMessage{}); own {
		t.Error("another comm is not the session's")
	}
	expect("acknowledged", hear("#comm_open_ack"), `/slider="3" `)
	expect("a list", show(widget("/list", "list", "e.value")), `/list="1" `)
	expect("a button", show(widget("/button", "b", "0")), `/button=0 `)
	expect("one that a script adds", show(widget("/added", "added", "e.value")), `/added="5" `)
	expect("again", show(widget("/button", "b", "0")), "")
	expect("alive", hear("#heartbeat/ping"), "#heartbeat/pong=true ")
	expect("late", show(widget("/late", "b", "1")), "/late=1 ")
	p.shows(cell, `_kernel_id: "k"`) // GoNB did not hear the answer
	p.comm = "d"
	expect("acknowledged again", hear("#comm_open_ack"), "/late=1 ")
	p.shows(&run{}, widget("/x", "x", "0"))
	if p.comm != "" || len(p.values) != 1 {
		t.Error("another cell has the widgets of the one before")
	}
}
