package server

import (
	"fmt"
	"testing"

	"continuousnet/kernel/internal/wire"
)

// pageRun is a page with a cell.
type pageRun struct {
	*testing.T
	*page
}

func newPage(t *testing.T) pageRun { return pageRun{t, &page{}} }

func pageCell() *run {
	return &run{req: &request{Message: &wire.Message{Header: wire.Header{Session: "client"}}}}
}

func (p pageRun) expect(what string, got pageAnswer, want string) {
	p.Helper()
	text := ""
	if got.tell {
		text += "tell "
	}
	if got.open {
		text += "open " + p.kernel + " "
	}
	for _, m := range got.messages {
		text += fmt.Sprintf("%s=%s ", m.Address, m.Value)
	}
	if text != want {
		p.Errorf("%s: %q, want %q", what, text, want)
	}
}

func (p pageRun) show(cell *run, html string) pageAnswer {
	answer, _ := p.shows(cell, html)
	return answer
}

// What GoNB's widgets show.
const opener = `<script>let comm = { _kernel_id: "k" }</script>`

func pageScript(address, id, value string) string {
	return fmt.Sprintf("<script>e = document.getElementById(%q); comm.newSyncedVariable(%q, %s);</script>", id, address,
		value)
}

// Who stands in for a page sends the first value of each kind of widget.
func TestPageValues(t *testing.T) {
	p, cell := newPage(t), pageCell()
	if _, waits := p.shows(cell, "<b>text</b>"); waits || p.cell != nil {
		t.Error("any text begins something")
	}
	if _, waits := p.shows(cell, opener); !waits {
		t.Error("the script that opens the comm is not known")
	}
	p.show(cell, `<input type="range" id="slider" min="0" value="3"/>`)
	p.show(cell, `<select id="list"><option value="0">a</option><option value="1" selected>b</option></select>`)
	p.show(cell, `<script>e.append("<select id=\"added\"><option value=\"5\">a</option></select>")</script>`)
	p.expect("while a page has time", p.show(cell, pageScript("/slider", "slider", "e.value")), "")
	p.expect("after that", p.late(), `tell open k /slider="3" `)
	p.expect("a list", p.show(cell, pageScript("/list", "list", "e.value")), `/list="1" `)
	p.expect("a button", p.show(cell, pageScript("/button", "b", "0")), `/button=0 `)
	p.expect("one that a script adds", p.show(cell, pageScript("/added", "added", "e.value")), `/added="5" `)
	p.expect("alive", p.hears(pageMessage{Address: "#heartbeat/ping"}), "#heartbeat/pong=true ")
	p.expect("set", p.hears(pageMessage{Address: "/list", Value: raw(2)}), "")
	p.expect("asked", p.hears(pageMessage{Address: "/list", Request: true}), "/list=2 ")
	p.expect("asked for nothing", p.hears(pageMessage{Address: "/other", Request: true}), "")
}

// GoNB's id of the kernel is empty where it cannot tell it by the name of the connection file.
func TestPageOfNamelessKernel(t *testing.T) {
	p := newPage(t)
	p.show(pageCell(), `<script>let comm = { _kernel_id: "" }</script>`)
	p.expect("late", p.late(), "tell open  ")
}

// Nothing is sent twice, as a program that has closed what listens to a button would stand still: not when GoNB has
// dropped the comm and shows its script once more, nor when a script is shown again.
func TestPageOnce(t *testing.T) {
	p, cell := newPage(t), pageCell()
	p.show(cell, opener)
	p.show(cell, pageScript("/button", "b", "0"))
	p.expect("late", p.late(), "tell open k /button=0 ")
	p.expect("again", p.show(cell, pageScript("/button", "b", "0")), "")
	p.expect("dropped", p.show(cell, opener), "open k ")
	p.expect("the next", p.show(cell, pageScript("/next", "b", "0")), "/next=0 ")
}

// A cell that follows at once, in which GoNB relies on the comm of the one before and shows no script that opens it,
// has its values, too; and so has one whose page is slow or gone.
func TestPageNextCell(t *testing.T) {
	p := newPage(t)
	p.show(pageCell(), opener)
	p.expect("first cell", p.late(), "tell open k ")
	p.expect("next cell", p.show(pageCell(), pageScript("/button", "b", "0")), "tell /button=0 ")

	p.opened("of a page")
	cell := pageCell()
	if _, waits := p.shows(cell, pageScript("/slow", "b", "0")); !waits {
		t.Error("nobody waits for the value of the page")
	}
	p.expect("the page is slow", p.late(), "/slow=0 ")
	if p.missing() {
		t.Error("the page that is there is missed")
	}
	cell = pageCell()
	p.show(cell, opener)
	p.show(cell, pageScript("/gone", "b", "0"))
	p.expect("the page is gone", p.late(), "tell open k /gone=0 ")
}

// A page that comes later takes over, and what it sends first is a repetition, of which a button would make a click.
func TestPageComesLater(t *testing.T) {
	p, cell := newPage(t), pageCell()
	p.show(cell, opener)
	p.show(cell, pageScript("/button", "b", "0"))
	p.late()
	p.opened("of a page")
	if !p.repeats("/button") || p.repeats("/button") || p.repeats("/unknown") {
		t.Error("the first value is to be dropped, and no other")
	}
	p.show(cell, pageScript("/other", "b", "0"))
	if p.repeats("/other") {
		t.Error("the first value of a widget was dropped")
	}
	p.expect("it had its time", p.late(), "")
	p.expect("GoNB asks the former comm", p.hears(pageMessage{Address: "#heartbeat/ping"}), "")
}

// A front end that connects has the time of a page again; one that asks once more has not.
func TestPageOfAnother(t *testing.T) {
	for session, want := range map[string]string{"client": "tell open k ", "another": ""} {
		p := newPage(t)
		p.show(pageCell(), opener)
		p.late()
		p.connects(session)
		p.expect(session, p.show(pageCell(), opener), want)
	}
}
