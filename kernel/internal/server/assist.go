package server

import (
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"

	"continuousnet/kernel/internal/gopls"
)

// maxAssists bounds the number of completions and inspections that are under way; further ones are refused.
const maxAssists = 8

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
	Code   string          `json:"code"`
	Cursor json.RawMessage `json:"cursor_pos"` // in Unicode code points
}

// position returns the cursor's position in code points, which Jupyter's protocol counts since 5.2, and in bytes. One
// outside of the code is moved to its nearer end; without one, the cursor is at the end.
func (c cursorRequest) position() (codePoints, bytes int, err error) {
	end := utf8.RuneCountInString(c.Code)
	if len(c.Cursor) == 0 || string(c.Cursor) == "null" {
		return end, len(c.Code), nil
	}
	var cursor json.Number
	if c.Cursor[0] == '"' || json.Unmarshal(c.Cursor, &cursor) != nil {
		return 0, 0, fmt.Errorf("cursor_pos is %.40s, expected a number of characters", c.Cursor)
	}
	at, err := cursor.Float64() // ±Inf with an error if it is that large
	if err != nil && !math.IsInf(at, 0) {
		return 0, 0, fmt.Errorf("cursor_pos is %.40s, expected a number of characters", c.Cursor)
	}
	codePoints = int(min(max(at, 0), float64(end)))
	return codePoints, byteOffset(c.Code, codePoints), nil
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
	start, cursor, err := content.position()
	if err != nil {
		return nil, err
	}
	end := start
	if names, from := completeMagic(content.Code[:cursor]); names != nil {
		start = utf8.RuneCountInString(content.Code[:from])
		matches = names
	} else if document, offset, ok := s.memory.Document(content.Code, cursor); ok {
		found, inImport := gopls.Import(document, offset, s.importPaths)
		if !inImport {
			if found, err = s.assistant.complete(document, offset); err != nil {
				return nil, err
			}
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
	_, cursor, err := content.position()
	if err != nil {
		return nil, err
	}
	markdown, plain, err := s.documentation(content.Code, cursor)
	if err != nil {
		return nil, err
	}
	if plain != "" {
		data["text/plain"] = plain
	}
	if markdown != "" {
		data["text/markdown"] = markdown
	}
	return map[string]any{"status": "ok", "found": len(data) > 0, "data": data, "metadata": map[string]any{}}, nil
}

// byteOffset returns the offset in text of a position in code points.
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
