package server

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"continuousnet/kernel/internal/gopls"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/proc"
)

const (
	// assistTime bounds one completion or inspection. A front end waits less than that; a late answer still warms gopls
	// for the next one.
	assistTime = 10 * time.Second
	// maxAssists bounds the number of them that are under way; further ones are refused.
	maxAssists = 8
	// goplsPoll is how often a session without gopls looks whether it has been built.
	goplsPoll = time.Second
)

// assistant answers questions about code with gopls, which sees the cell and the declarations of earlier cells. It does
// not wait for a running cell.
type assistant struct {
	s     *server
	slots chan struct{}

	mu     sync.Mutex
	client *gopls.Client
	closed bool
	told   bool // that there is no gopls
}

// errNoGopls is the answer while gopls is not installed, because an installation goes on behind the session.
var errNoGopls = errors.New("gopls is not there yet")

// startAssistant starts gopls in the background, as soon as it is there.
func (s *server) startAssistant() {
	s.assistant.s, s.assistant.slots = s, make(chan struct{}, maxAssists)
	go func() {
		for {
			if _, err := s.assistant.get(); !errors.Is(err, errNoGopls) {
				return
			}
			select {
			case <-s.ending:
				return
			case <-time.After(goplsPoll):
			}
		}
	}()
}

// get returns gopls, and starts it if it does not run.
func (a *assistant) get() (*gopls.Client, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, fmt.Errorf("the kernel is shutting down")
	}
	if a.client != nil && a.client.Alive() {
		return a.client, nil
	}
	if !installed.IsExecutable(a.s.o.Gopls) {
		return nil, errNoGopls
	}
	var err error
	a.client, err = gopls.Start(gopls.Options{
		Command: a.s.o.Gopls, Dir: filepath.Join(a.s.processes.Dir, goplsDir), Checkout: a.s.o.Checkout,
		Env: a.s.environment(), Log: a.s.o.Log.Writer(), Start: proc.Start,
	})
	if err != nil {
		a.client = nil
		a.s.o.Log.Printf("completion does not work: %v", err)
	}
	return a.client, err
}

// ask calls question with gopls, and once more if gopls has ended during the call.
func (a *assistant) ask(question func(context.Context, *gopls.Client) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), assistTime)
	defer cancel()
	for again := true; ; again = false {
		client, err := a.get()
		if err != nil {
			return err
		}
		if err = question(ctx, client); err == nil || client.Alive() || !again {
			return err
		}
	}
}

// completePlain completes without gopls. The first time in a session, a match that changes nothing says why.
func (a *assistant) completePlain(document string, offset int) gopls.Completion {
	found := gopls.Plain(document, offset, a.s.o.Sources)
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.told {
		a.told = true
		brief, _ := a.s.o.NoGopls()
		there := document[found.Start:found.End]
		found.Matches = slices.Insert(found.Matches, 0, gopls.Item{Text: there, Kind: brief})
	}
	return found
}

func (a *assistant) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	if a.client != nil {
		a.client.Close()
	}
}

// assist answers a request for completion or inspection in a goroutine, so that other requests need not wait.
func (s *server) assist(r *request, replyType string, make func(*request) (any, error)) {
	select {
	case s.assistant.slots <- struct{}{}:
		go func() {
			defer func() { <-s.assistant.slots }()
			s.answer(r, replyType, make)
		}()
	default:
		s.answer(r, replyType, func(*request) (any, error) {
			return nil, fmt.Errorf("%d requests for completion or inspection are under way; try again", maxAssists)
		})
	}
}

type cursorRequest struct {
	Code   string `json:"code"`
	Cursor int    `json:"cursor_pos"` // in Unicode code points
}

// match is one match of a completion, as JupyterLab shows it: the text and, beside it, the type.
type match struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text"`
	Type  string `json:"type"`
}

func (s *server) complete(r *request) (any, error) {
	var content cursorRequest
	if err := decode(r, &content); err != nil {
		return nil, err
	}
	matches, types := []string{}, []match{}
	start, end := content.Cursor, content.Cursor
	cursor := byteOffset(content.Code, content.Cursor)
	if names, from := completeMagic(content.Code[:cursor]); names != nil {
		start = utf8.RuneCountInString(content.Code[:from])
		matches = names
	} else if document, offset, ok := s.memory.Document(content.Code, cursor); ok {
		var found gopls.Completion
		err := s.assistant.ask(func(ctx context.Context, client *gopls.Client) (err error) {
			found, err = client.Complete(ctx, document, offset)
			return err
		})
		if errors.Is(err, errNoGopls) {
			found, err = s.assistant.completePlain(document, offset), nil
		}
		if err != nil {
			return nil, err
		}
		if len(found.Matches) > 0 {
			start -= utf8.RuneCountInString(document[found.Start:offset])
			end += utf8.RuneCountInString(document[offset:found.End])
		}
		for _, m := range found.Matches {
			matches = append(matches, m.Text)
			types = append(types, match{start, end, m.Text, m.Kind})
		}
	}
	metadata := map[string]any{}
	if len(types) > 0 {
		metadata["_jupyter_types_experimental"] = types // JupyterLab shows them beside the names
	}
	return map[string]any{"status": "ok", "matches": matches, "cursor_start": start, "cursor_end": end,
		"metadata": metadata}, nil
}

func (s *server) inspect(r *request) (any, error) {
	var content cursorRequest
	if err := decode(r, &content); err != nil {
		return nil, err
	}
	data := map[string]string{}
	cursor := byteOffset(content.Code, content.Cursor)
	if document, offset, ok := s.memory.Document(content.Code, cursor); ok {
		var text string
		var found bool
		err := s.assistant.ask(func(ctx context.Context, client *gopls.Client) (err error) {
			text, found, err = client.Hover(ctx, document, offset)
			return err
		})
		if errors.Is(err, errNoGopls) {
			_, text = s.o.NoGopls()
			found, err = true, nil
		}
		if err != nil {
			return nil, err
		}
		if found {
			data["text/markdown"], data["text/plain"] = text, text
		}
	} else if about, ok := inspectMagic(content.Code, cursor); ok {
		data["text/plain"] = about
	}
	return map[string]any{"status": "ok", "found": len(data) > 0, "data": data, "metadata": map[string]any{}}, nil
}

// byteOffset returns the offset in text of a position in code points, in which Jupyter's protocol counts since 5.2.
func byteOffset(text string, position int) int {
	if position <= 0 {
		return 0
	}
	for at := range text {
		if position == 0 {
			return at
		}
		position--
	}
	return len(text)
}
