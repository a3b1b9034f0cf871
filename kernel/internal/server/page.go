package server

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/wire"
)

// GoNB's widgets are scripts in a page, which open a comm and send the first value of each widget over it. A cell that
// shows a widget waits for that value: for ever if there is no page (nbconvert, a console, a front end that runs no
// scripts). If no page has opened the comm for a while after the script that would do it was shown, the session does,
// and sends the first values. A page that opens one after that takes its place.

// pageTime is how long a page has to open the comm. GoNB gives up after 3 s.
const pageTime = 2 * time.Second

// page stands in for the page of GoNB's widgets.
type page struct {
	mu   sync.Mutex
	cell *run // of what follows; the widgets of earlier cells have nobody who listens

	kernel string // GoNB's id, which opening the comm takes
	timer  *time.Timer
	comm   string // the session's comm; "" if there is none
	opened bool   // GoNB has acknowledged it

	inputs map[string]string          // the values of elements, by their id
	values map[string]json.RawMessage // the values of widgets, by their address
	sent   map[string]bool            // addresses of which GoNB has got the first value from here
	recent []string                   // those of them since GoNB has last asked whether there is a page
}

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

// begin forgets what another cell has shown.
func (p *page) begin(cell *run) {
	if p.cell == cell {
		return
	}
	p.stop()
	p.cell, p.comm, p.opened, p.recent = cell, "", false, nil
	p.inputs, p.values, p.sent = map[string]string{}, map[string]json.RawMessage{}, map[string]bool{}
}

func (p *page) stop() {
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
}

// shows records what a display means to a page. It returns the first values that GoNB has to get, and whether the
// display has the script that opens the comm.
func (p *page) shows(cell *run, html string) (first []pageMessage, opens bool) {
	kernel := pageKernel.FindStringSubmatch(html)
	widgets := pageWidget.FindAllStringSubmatch(html, -1)
	elements := strings.ReplaceAll(html, `\"`, `"`) // a script may add them
	inputs := pageInput.FindAllStringIndex(elements, -1)
	if kernel == nil && widgets == nil && inputs == nil {
		return nil, false
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
		if p.opened {
			first = append(first, p.first(w[1])...)
		}
	}
	if kernel != nil { // GoNB has no comm, or has waited too long for an answer over it
		p.kernel, p.comm, p.opened = kernel[1], "", false
		for _, address := range p.recent {
			delete(p.sent, address) // it may not have arrived
		}
		p.recent = nil
	}
	return first, kernel != nil
}

// first returns the first value of a widget, if GoNB has not got it.
func (p *page) first(address string) []pageMessage {
	if p.sent[address] {
		return nil
	}
	p.sent[address], p.recent = true, append(p.recent, address)
	return []pageMessage{{Address: address, Value: p.values[address]}}
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

// hears handles a message of GoNB's over a comm. It returns the answers, and whether the comm is the session's.
func (p *page) hears(msgType, id string, data pageMessage) (answers []pageMessage, own bool) {
	if p.comm == "" || id != p.comm {
		return nil, false
	}
	switch {
	case msgType == "comm_close":
		p.comm, p.opened = "", false
	case msgType != "comm_msg":
	case data.Address == "#heartbeat/ping":
		p.recent = nil
		answers = []pageMessage{{Address: "#heartbeat/pong", Value: raw(true)}}
	case data.Address == "#comm_open_ack":
		p.opened = true
		for _, address := range slices.Sorted(maps.Keys(p.values)) {
			answers = append(answers, p.first(address)...)
		}
	case data.Request:
		if value := p.values[data.Address]; value != nil {
			answers = []pageMessage{{Address: data.Address, Value: value}}
		}
	case data.Value != nil:
		p.values[data.Address] = data.Value
	}
	return answers, true
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
	first, opens := p.shows(cell, bundle.HTML)
	s.pageSays(p, first)
	if opens && p.timer == nil {
		p.timer = time.AfterFunc(pageTime, func() { s.openPage(cell) })
	}
}

// openPage opens the comm in the place of a page.
func (s *server) openPage(cell *run) {
	defer s.survive("GoNB's widgets", nil)
	p := &s.page
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cell != cell || p.timer == nil || s.current() != cell {
		return
	}
	p.timer = nil
	p.comm = wire.NewID()
	s.tellGoNB(p, "comm_open", map[string]any{"comm_id": p.comm, "target_name": gonbTarget, "kernel_id": p.kernel,
		"data": map[string]any{}})
}

// pageOpened records that a page of a front end has opened the comm.
func (s *server) pageOpened() {
	s.page.mu.Lock()
	defer s.page.mu.Unlock()
	s.page.stop()
}

// pageRepeats reports whether a message of a page is the first value of a widget that GoNB has got from the session.
func (s *server) pageRepeats(data json.RawMessage) bool {
	var m pageMessage
	p := &s.page
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cell == nil || p.cell != s.current() || json.Unmarshal(data, &m) != nil || !p.sent[m.Address] {
		return false
	}
	delete(p.sent, m.Address)
	return true
}

// pageHeard handles a message of GoNB's over a comm; it returns false if that is not the session's own.
func (s *server) pageHeard(e gonb.Event) bool {
	var content struct {
		ID   string          `json:"comm_id"`
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(e.Message.Content, &content) != nil {
		return false
	}
	var data pageMessage
	if json.Unmarshal(content.Data, &data) != nil {
		data = pageMessage{}
	}
	p := &s.page
	p.mu.Lock()
	defer p.mu.Unlock()
	answers, own := p.hears(e.Message.Header.MsgType, content.ID, data)
	if own && p.cell == s.current() {
		s.pageSays(p, answers) // in a later cell GoNB finds that nobody is there, and shows its script again
	}
	return own
}

func (s *server) pageSays(p *page, messages []pageMessage) {
	for _, m := range messages {
		s.tellGoNB(p, "comm_msg", map[string]any{"comm_id": p.comm, "data": m})
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
