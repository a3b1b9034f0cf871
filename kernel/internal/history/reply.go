package history

import (
	"encoding/json"
	"fmt"
)

// Reply answers a history_request: it takes the request's content and returns that of the history_reply. Only what was
// typed is kept, so raw makes no difference. A request for the tail or a search without n gets everything.
func (h *History) Reply(content json.RawMessage) (json.RawMessage, error) {
	request := struct {
		Access  string  `json:"hist_access_type"`
		Output  bool    `json:"output"`
		Session int     `json:"session"`
		Start   int     `json:"start"`
		Stop    int     `json:"stop"`
		N       *int    `json:"n"`
		Pattern *string `json:"pattern"`
		Unique  bool    `json:"unique"`
	}{}
	if err := json.Unmarshal(content, &request); err != nil {
		return nil, fmt.Errorf("history: content of history_request: %w", err)
	}
	n := -1
	if request.N != nil {
		n = max(*request.N, -1)
	}
	pattern := "*"
	if request.Pattern != nil {
		pattern = *request.Pattern
	}

	var found []entry
	switch request.Access {
	case "tail":
		found = h.tail(n)
	case "range":
		found = h.between(request.Session, request.Start, request.Stop)
	case "search":
		found = h.search(pattern, n, request.Unique)
	default:
		return nil, fmt.Errorf("history: hist_access_type is %q, expected tail, range or search", request.Access)
	}

	rows := make([][3]any, len(found)) // not nil: an empty history is [], not null
	for i, e := range found {
		var source any = e.Input
		if request.Output {
			pair := [2]any{e.Input, nil}
			if e.Output != "" {
				pair[1] = e.Output
			}
			source = pair
		}
		rows[i] = [3]any{e.Session, e.Line, source}
	}
	return json.Marshal(map[string]any{"status": "ok", "history": rows})
}
