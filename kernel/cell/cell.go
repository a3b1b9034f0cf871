// Package cell is what a notebook's cell can tell the kernel: show a value as the front end shows it best, show it in a
// place that later calls update, clear the cell's output.
//
// The kernel puts the last expression of a cell into [Show] by itself. It shows values as Go would write them, long
// ones abbreviated, slices of structs and matrices as tables, errors in red; what has a String method as that says. In
// a program that runs outside a notebook, values are printed.
//
// A message travels inside the cell's standard output, as a terminal's application program command: ESC _ ... ESC \.
// So it keeps its place between what the cell prints before and after it, and nothing is lost when the process ends.
package cell

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"sync"
)

// TokenVariable is the environment variable in which the kernel tells a cell how to mark its messages.
const TokenVariable = "CNET_KERNEL_TOKEN"

// Bundle holds one value in several formats, by MIME type; the front end takes the richest that it knows. Text formats
// hold a string, JSON formats (application/json, application/vnd.vegalite.v5+json, ...) anything that encoding/json can
// write, other formats []byte.
type Bundle map[string]any

// A value that implements one of these is shown as more than text.
type (
	// Bundler makes the formats of a value itself.
	Bundler interface{ MIMEBundle() (Bundle, error) }
	// HTMLer is a value with an HTML form.
	HTMLer interface{ HTML() string }
	// Markdowner is a value with a Markdown form.
	Markdowner interface{ Markdown() string }
	// SVGer is a value with an SVG form.
	SVGer interface{ SVG() string }
	// PNGer is a value with a PNG form.
	PNGer interface{ PNG() ([]byte, error) }
	// PNGWriter is a value that writes its PNG form, as the charts of continuousnet/cnet/chart do.
	PNGWriter interface{ PNG(io.Writer) error }
	// VegaLiteWriter is a value that writes a specification of Vega-Lite 5, which readers can move; it needs a PNG
	// form, too.
	VegaLiteWriter interface{ VegaLite(io.Writer) error }
)

// Display shows values as outputs of the cell, one after the other.
func Display(values ...any) {
	for _, v := range values {
		send("display", "", v)
	}
}

// Update shows a value in the output with this id, in place of what was there; the first call makes the output. Ids are
// shared by all cells of a session.
func Update(id string, value any) { send("update", id, value) }

// Clear removes the outputs of the cell so far; with wait, when the next output comes, which avoids flicker.
func Clear(wait bool) {
	write("clear", struct {
		Wait bool `json:"wait"`
	}{wait})
}

// message is sent to the kernel: the fields of Jupyter's display_data.
type message struct {
	Data      Bundle         `json:"data"`
	Metadata  map[string]any `json:"metadata"`
	Transient map[string]any `json:"transient,omitempty"`
}

func send(kind, id string, value any) {
	data, err := Formats(value)
	if err != nil {
		fmt.Fprintf(os.Stderr, "cannot show a %s: %v\n", typeName(reflect.TypeOf(value)), err)
		return
	}
	if os.Getenv(TokenVariable) == "" {
		fmt.Println(data["text/plain"])
		return
	}
	m := message{Data: data, Metadata: map[string]any{}}
	if id != "" {
		m.Transient = map[string]any{"display_id": id}
	}
	write(kind, m)
}

var writing sync.Mutex

// write writes a message to standard output in one piece.
func write(kind string, content any) { writeTo(os.Stdout, kind, content) }

func writeTo(out *os.File, kind string, content any) {
	token := os.Getenv(TokenVariable)
	if token == "" {
		return
	}
	text, err := json.Marshal(content)
	if err != nil {
		fmt.Fprintf(os.Stderr, "cannot show the value: %v\n", err)
		return
	}
	writing.Lock()
	defer writing.Unlock()
	fmt.Fprintf(out, "\x1b_cnet:%s:%s:%s\x1b\\", token, kind, base64.StdEncoding.EncodeToString(text))
}
