package server

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/wire"
)

// GoNB's widgets are scripts in a page, which open a comm and send the first value of each widget over it. A cell that
// shows a widget waits for that value: for ever if there is no page (nbclient, a console, a front end that runs no
// scripts). What no page has sent for a while after the script was shown, the session sends.
//
// It sends a value once, whatever becomes of GoNB's comm. GoNB drops a comm that is silent for half a second, and the
// values that come over it then; but the program of a cell that gets a value of a widget to which it does not listen
// any more, as to a button whose first value has come, waits for ever with the next widget (gonbui/comms forgets to
// unlock). So the session's comm is one from which GoNB always takes values (install/pagecomm.go), and nothing is sent
// twice.

// pageTime is how long a page has to open the comm and to send a value. GoNB gives up waiting for the comm after 3 s.
const pageTime = 2 * time.Second

// pageMissing is what a cell is told once if there is no page.
const pageMissing = "No page runs the scripts of GoNB's widgets: they have their first values, and no others " +
	"will come.\n"

// page stands in for the page of GoNB's widgets.
type page struct {
	mu     sync.Mutex
	comm   string                 // that of a page; "" if there is none
	absent bool                   // no page has answered in time, so that the session does
	asked  atomic.Pointer[string] // the session of the front end that has connected last, since then

	cell     *run        // of what follows; the widgets of earlier cells have nobody who listens
	told     bool        // that there is no page
	opening  bool        // GoNB waits for a comm
	kernel   string      // GoNB's id, which opening the comm takes; it may be empty
	awaiting *time.Timer // the time that a page has

	inputs map[string]string          // the values of elements, by their id
	values map[string]json.RawMessage // the values of widgets, by their address
	first  map[string]origin          // the first values that GoNB has got
}

// origin is who has sent the first value of a widget.
type origin int

const (
	nobody origin = iota
	byPage
	bySession
)

// The parts of what GoNB's widgets show.
var (
	pageKernel  = regexp.MustCompile(`\b_kernel_id: "([^"]*)"`)
	pageWidget  = regexp.MustCompile(`\bnewSyncedVariable\("([^"]*)",\s*([^)]*)\)`)
	pageElement = regexp.MustCompile(`getElementById\("([^"]*)"\)`)
	pageInput   = regexp.MustCompile(`<(?:input|select)\b[^>]*>`)
	pageOption  = regexp.MustCompile(`<option\b[^>]*>`)
	pageID      = regexp.MustCompile(`\bid="([^"]*)"`)
	pageValue   = regexp.MustCompile(`\bvalue="([^"]*)"`)
)

// pageMessage is the data of a message about one of GoNB's widgets.
type pageMessage struct {
	Address string          `json:"address"`
	Value   json.RawMessage `json:"value,omitempty"`
	Request bool            `json:"read_request,omitempty"`
}

// pageAnswer is what the session has to do in the place of a page.
type pageAnswer struct {
	open     bool // the comm
	messages []pageMessage
	tell     bool // the cell that there is no page
}

// begin forgets what another cell has shown.
func (p *page) begin(cell *run) {
	if p.cell == cell {
		return
	}
	p.stop()
	p.cell, p.told, p.opening = cell, false, false
	p.inputs, p.values, p.first = map[string]string{}, map[string]json.RawMessage{}, map[string]origin{}
}

func (p *page) stop() {
	if p.awaiting != nil {
		p.awaiting.Stop()
		p.awaiting = nil
	}
}

// shows records what a display means to a page. It returns what the session has to do at once, and whether a page has
// something to do.
func (p *page) shows(cell *run, html string) (answer pageAnswer, waits bool) {
	kernel := pageKernel.FindStringSubmatch(html)
	widgets := pageWidget.FindAllStringSubmatch(html, -1)
	elements := strings.ReplaceAll(html, `\"`, `"`) // a script may add them
	inputs := pageInput.FindAllStringIndex(elements, -1)
	if kernel == nil && widgets == nil && inputs == nil {
		return pageAnswer{}, false
	}
	p.begin(cell)
	for _, at := range inputs {
		tag := elements[at[0]:at[1]]
		id, value := pageID.FindStringSubmatch(tag), pageValue.FindStringSubmatch(tag)
		if strings.HasPrefix(tag, "<select") {
			value = selected(elements[at[1]:])
		}
		if id != nil && value != nil {
			p.inputs[id[1]] = value[1]
		}
	}
	for _, w := range widgets {
		value := json.RawMessage(w[2])
		if !json.Valid(value) { // the value of an element
			text := "0"
			if id := pageElement.FindStringSubmatch(html); id != nil && p.inputs[id[1]] != "" {
				text = p.inputs[id[1]]
			}
			value = raw(text)
		}
		p.values[w[1]] = value
	}
	if kernel != nil { // GoNB has no comm, or has heard nothing over it
		p.opening, p.kernel, p.comm = true, kernel[1], ""
	}
	if p.missing() {
		return p.stand(), false
	}
	return pageAnswer{}, kernel != nil || widgets != nil
}

// selected returns the value of the selected option of a list, or of the first, as a match of pageValue.
func selected(html string) (value []string) {
	html, _, _ = strings.Cut(html, "</select>")
	for _, option := range pageOption.FindAllString(html, -1) {
		v := pageValue.FindStringSubmatch(option)
		if v != nil && (value == nil || strings.Contains(option, " selected")) {
			value = v
		}
	}
	return value
}

// late is called when a page has had its time. It returns what the session does in its place.
func (p *page) late() pageAnswer {
	p.awaiting = nil
	if p.comm == "" {
		p.absent = true
		p.asked.Store(nil)
	}
	return p.stand()
}

// stand returns what a page has not done.
func (p *page) stand() (answer pageAnswer) {
	answer.open, p.opening = p.opening, false
	for _, address := range slices.Sorted(maps.Keys(p.values)) {
		if p.first[address] == nobody {
			p.first[address] = bySession
			answer.messages = append(answer.messages, pageMessage{Address: address, Value: p.values[address]})
		}
	}
	answer.tell = p.tells()
	return answer
}

func (p *page) tells() bool {
	if p.told || !p.absent {
		return false
	}
	p.told = true
	return true
}

// hears returns the answer to a message of GoNB's over the session's comm. A page that may have come since then has
// to answer for itself: GoNB then finds that nobody is there, and shows the script that opens the comm.
func (p *page) hears(data pageMessage) (answer pageAnswer) {
	if !p.missing() {
		return pageAnswer{}
	}
	switch {
	case data.Address == "#heartbeat/ping":
		answer.messages = []pageMessage{{Address: "#heartbeat/pong", Value: raw(true)}}
		answer.tell = p.tells()
	case data.Request:
		if value := p.values[data.Address]; value != nil {
			answer.messages = []pageMessage{{Address: data.Address, Value: value}}
		}
		answer.tell = p.tells()
	case data.Value != nil && p.values != nil:
		p.values[data.Address] = data.Value
	}
	return answer
}

// repeats reports whether a message of a page is the first value of a widget that GoNB has got from the session.
func (p *page) repeats(address string) bool {
	if p.cell == nil || p.values[address] == nil {
		return false
	}
	before := p.first[address]
	p.first[address] = byPage
	return before == bySession
}

// opened records that a page has opened the comm.
func (p *page) opened(comm string) {
	p.comm, p.opening, p.absent = comm, false, false
}

// connects records that a front end has connected. It waits for nothing.
func (p *page) connects(session string) { p.asked.Store(&session) }

// missing reports whether there is no page. A front end that has connected since that was known may have one.
func (p *page) missing() bool {
	if session := p.asked.Load(); session != nil && *session != p.cell.req.Header.Session {
		p.absent = false
	}
	return p.absent
}

// pageShown handles a display of a cell.
func (s *server) pageShown(cell *run, data json.RawMessage) {
	var bundle struct {
		HTML string `json:"text/html"`
	}
	if json.Unmarshal(data, &bundle) != nil || bundle.HTML == "" {
		return
	}
	p := &s.page
	p.mu.Lock()
	defer p.mu.Unlock()
	answer, waits := p.shows(cell, bundle.HTML)
	s.forPage(p, answer)
	if waits && p.awaiting == nil {
		p.awaiting = time.AfterFunc(pageTime, func() { s.pageLate(cell) })
	}
}

// pageLate acts when a page has had its time.
func (s *server) pageLate(cell *run) {
	defer s.survive("GoNB's widgets", nil)
	p := &s.page
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cell == cell && p.awaiting != nil && s.current() == cell {
		s.forPage(p, p.late())
	}
}

// pageOpened records that a page of a front end has opened the comm.
func (s *server) pageOpened(comm string) {
	s.page.mu.Lock()
	defer s.page.mu.Unlock()
	s.page.opened(comm)
}

// pageRepeats reports whether GoNB has got the value in a message of a page already.
func (s *server) pageRepeats(data json.RawMessage) bool {
	var m pageMessage
	p := &s.page
	p.mu.Lock()
	defer p.mu.Unlock()
	return json.Unmarshal(data, &m) == nil && p.cell == s.current() && p.repeats(m.Address)
}

// pageHeard handles a message of GoNB's over a comm; it returns false if that is not the session's own.
func (s *server) pageHeard(e gonb.Event) bool {
	var content struct {
		ID   string          `json:"comm_id"`
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(e.Message.Content, &content) != nil || content.ID != gonb.PageComm {
		return false
	}
	var data pageMessage
	if e.Message.Header.MsgType != "comm_msg" || json.Unmarshal(content.Data, &data) != nil {
		return true
	}
	p := &s.page
	p.mu.Lock()
	defer p.mu.Unlock()
	if cell := s.current(); cell != nil {
		p.begin(cell)
		s.forPage(p, p.hears(data))
	}
	return true
}

// forPage does what a page does not.
func (s *server) forPage(p *page, answer pageAnswer) {
	if answer.tell {
		p.cell.text("stderr", pageMissing)
	}
	if answer.open {
		s.tellGoNB(p, "comm_open", map[string]any{"comm_id": gonb.PageComm, "target_name": gonbTarget,
			"kernel_id": p.kernel, "data": map[string]any{}})
	}
	for _, m := range answer.messages {
		s.tellGoNB(p, "comm_msg", map[string]any{"comm_id": gonb.PageComm, "data": m})
	}
}

// tellGoNB sends GoNB a message of the session's own, whose outputs belong to the cell of the page.
func (s *server) tellGoNB(p *page, msgType string, content map[string]any) {
	engine := s.engine.current()
	if engine == nil {
		return
	}
	header := engine.NewHeader(msgType)
	s.engine.parent(header.MsgID, p.cell.req.Message)
	if err := engine.Send(gonb.Shell, &wire.Message{Header: header, Content: raw(content)}); err != nil {
		s.o.Log.Printf("%s: %v", msgType, err)
	}
}
