package server

import (
	"encoding/json"
	"io"
	"os"
	"regexp"
	"strings"
)

// maxNotebook is the number of bytes up to which a notebook is searched for lost widgets.
const maxNotebook = 64 << 20

// lostWidgets returns widgets in place of those of a notebook that no longer live: it was saved in the middle of a
// cell, and the kernel has ended before the next save. Front ends would show an error there; these show the text and
// the drawings that were saved, and the first one of a cell says why that is all. A notebook that cannot be read has
// none.
//
// Of HTML drawings alone are taken, as images, in which no script runs: the user may not trust the notebook.
func lostWidgets(path string, lives func(id string) bool) map[string]widgetState {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var notebook struct {
		Cells []struct {
			Outputs []struct{ Data map[string]json.RawMessage }
		}
	}
	if json.NewDecoder(io.LimitReader(f, maxNotebook)).Decode(&notebook) != nil {
		return nil
	}
	lost := map[string]widgetState{}
	for _, c := range notebook.Cells {
		why := "The kernel has ended in the middle of this cell. Run it again to go on.\n"
		for _, o := range c.Outputs {
			var view struct {
				ID string `json:"model_id"`
			}
			if json.Unmarshal(o.Data[viewType], &view) != nil || view.ID == "" || lives(view.ID) {
				continue
			}
			text, markup := formatText(o.Data["text/plain"]), formatText(o.Data["text/html"])
			lost[view.ID] = lostState(why+text, drawing.FindAllString(markup, -1))
			why = ""
		}
	}
	return lost
}

var drawing = regexp.MustCompile(`(?s)<svg .*?</svg>`)

// formatText returns a text of a notebook, which is a string or a list of lines.
func formatText(data json.RawMessage) string {
	var text string
	var lines []string
	if json.Unmarshal(data, &text) != nil && json.Unmarshal(data, &lines) == nil {
		text = strings.Join(lines, "")
	}
	return text
}

// lostModule is the front end of a widget that shows a text and a drawing.
const lostModule = `export default {render({model, el}) {
  el.style.whiteSpace = "pre-wrap";
  el.style.lineHeight = "1.4";
  el.textContent = model.get("lost_text");
  if (!model.get("lost_drawings").length) return;
  const row = document.createElement("div");
  row.style.cssText = "display:flex;flex-wrap:wrap;background:white";
  for (const drawing of model.get("lost_drawings")) {
    const image = document.createElement("img");
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(drawing);
    image.alt = model.get("lost_text");
    image.style.maxWidth = "100%";
    row.append(image);
  }
  el.append(row);
}};`

// lostState returns the state of an anywidget that shows a text and SVG documents. A page that was open when the kernel
// was restarted asks for widgets, too, and changes the ones that it still shows: these have no values of those names,
// and stay.
func lostState(text string, drawings []string) widgetState {
	const module, version = "anywidget", "~0.11.*"
	values := map[string]json.RawMessage{}
	for name, v := range map[string]any{
		"_model_module": module, "_model_module_version": version, "_model_name": "AnyModel",
		"_view_module": module, "_view_module_version": version, "_view_name": "AnyView",
		"_anywidget_id": "continuousnet.Lost", "_esm": lostModule, "lost_text": text,
		"lost_drawings": append([]string{}, drawings...), // never null
	} {
		values[name] = raw(v)
	}
	return widgetState{values: values}
}
