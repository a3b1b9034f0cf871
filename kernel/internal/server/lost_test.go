package server

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// In place of widgets that a notebook was saved with, and that no process has any more, there are texts.
func TestLostWidgets(t *testing.T) {
	view := func(id, text string) string {
		return `{"output_type":"display_data","data":{"` + viewType + `":{"model_id":"` + id + `"},` +
			`"text/plain":` + text + `,"text/html":"<script>bad()</script><svg >1</svg><svg >2</svg>"}}`
	}
	path := filepath.Join(t.TempDir(), "n.ipynb")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"cells":[{"cell_type":"markdown","source":[]},{"outputs":[` + view("a", `["As <last>\n","seen"]`) + `,` +
		view("b", `"steps: 4"`) + `,{"output_type":"stream","text":"x"},{"data":{"text/plain":"no widget"}}]},` +
		`{"outputs":[` + view("lives", `"x"`) + `,` + view("c", `7`) + `,` + view("", `"y"`) + `]}]}`)
	var c comms
	c.set("lives", openComm{target: widgetTarget, owner: &commLink{}, state: lostState("lives", nil)})
	data, _ := c.widgets(path)
	var answer struct {
		States map[string]struct {
			Name  string `json:"model_name"`
			State struct {
				Text     string   `json:"lost_text"`
				Drawings []string `json:"lost_drawings"`
			}
		}
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		t.Fatal(err)
	}
	const why = "The kernel has ended in the middle of this cell"
	for id, parts := range map[string][]string{"a": {why, "As <last>\nseen"}, "b": {"steps: 4"}, "c": {why},
		"lives": {"lives"}} {
		s := answer.States[id]
		for _, p := range parts {
			if s.Name != "AnyModel" || !strings.Contains(s.State.Text, p) || strings.Contains(s.State.Text, "script") ||
				id != "lives" && !slices.Equal(s.State.Drawings, []string{"<svg >1</svg>", "<svg >2</svg>"}) {
				t.Errorf("%s is %+v, want %q", id, s, p)
			}
		}
	}
	if len(answer.States) != 4 || strings.Contains(answer.States["b"].State.Text, why) {
		t.Errorf("%s", data)
	}
	for _, text := range []string{"", "{", `{"cells":7}`} {
		write(text)
		if lost := lostWidgets(path, func(string) bool { return false }); len(lost) > 0 {
			t.Errorf("%q has lost %v", text, lost)
		}
	}
}
