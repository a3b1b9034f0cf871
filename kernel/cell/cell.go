// Package cell is what a notebook's cell can tell the kernel: show a value as the front end shows it best, show it in a
// place that later calls update, clear the cell's output.
//
// The kernel puts the last expression of a cell into [Show] by itself. In a program that runs outside a notebook,
// values are printed.
//
// A message travels inside the cell's standard output, as a terminal's application program command: ESC _ ... ESC \.
// So it keeps its place between what the cell prints before and after it, and nothing is lost when the process ends.
package cell

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"
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
)

// maxText is the longest text of a value that is shown, in bytes. Print the value to see all.
const maxText = 64 << 10

// richText is the longest text shown beside a richer format, which says more.
const richText = 400

// Show shows what an expression gave as the result of the cell: one value in its richest form, several (a function's
// results) as text. Nothing is shown of nil, and a nil error after other values is left out.
func Show(values ...any) {
	if n := len(values); n > 0 && values[n-1] == nil {
		values = values[:n-1]
	}
	switch len(values) {
	case 0:
	case 1:
		send("result", "", values[0])
	default:
		send("result", "", Bundle{"text/plain": strings.TrimSuffix(fmt.Sprintln(values...), "\n")})
	}
}

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
		fmt.Fprintf(os.Stderr, "cannot show a %T: %v\n", value, err)
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

// Formats returns the formats in which a value is shown; text/plain is always among them.
func Formats(value any) (Bundle, error) {
	b := Bundle{}
	switch v := value.(type) {
	case Bundle:
		for format, content := range v {
			b[format] = content
		}
	case Bundler:
		made, err := v.MIMEBundle()
		if err != nil {
			return nil, err
		}
		for format, content := range made {
			b[format] = content
		}
	default:
		if err := rich(b, value); err != nil {
			return nil, err
		}
	}
	if _, ok := b["text/plain"]; !ok {
		b["text/plain"] = plain(value, len(b) > 0)
	}
	for format, content := range b {
		if raw, ok := content.([]byte); ok {
			b[format] = encode(format, raw)
		}
	}
	return b, nil
}

func rich(b Bundle, value any) error {
	if v, ok := value.(HTMLer); ok {
		b["text/html"] = v.HTML()
	}
	if v, ok := value.(Markdowner); ok {
		b["text/markdown"] = v.Markdown()
	}
	if v, ok := value.(SVGer); ok {
		b["image/svg+xml"] = v.SVG()
	}
	switch v := value.(type) {
	case PNGer:
		data, err := v.PNG()
		if err != nil {
			return err
		}
		b["image/png"] = data
	case PNGWriter:
		var out bytes.Buffer
		if err := v.PNG(&out); err != nil {
			return err
		}
		b["image/png"] = out.Bytes()
	case image.Image:
		var out bytes.Buffer
		if err := png.Encode(&out, v); err != nil {
			return err
		}
		b["image/png"] = out.Bytes()
	}
	return nil
}

// encode returns bytes as Jupyter carries them: text and JSON as they are, everything else in base64.
func encode(format string, raw []byte) any {
	switch {
	case format == "application/json" || strings.HasSuffix(format, "+json"):
		return json.RawMessage(raw)
	case strings.HasPrefix(format, "text/") || strings.HasSuffix(format, "+xml"):
		return string(raw)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// plain returns a value as text. A long text is cut; beside a richer format the name of the type will do.
func plain(value any, hasMore bool) string {
	text := written(value)
	if hasMore && len(text) > richText {
		return fmt.Sprintf("%T", value)
	}
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s… %d bytes more; print the value to see all of it", text[:end], len(text)-end)
}

func written(value any) string {
	switch v := value.(type) {
	case image.Image:
		return fmt.Sprintf("%T %v", v, v.Bounds())
	case Bundle:
		return "Bundle"
	case nil:
		return "nil"
	case error:
		return v.Error() // without the stack trace that some errors print for %+v
	}
	if reflect.TypeOf(value).Kind() == reflect.Func {
		return fmt.Sprintf("%T", value) // %v is an address
	}
	return fmt.Sprintf("%+v", value)
}

var writing sync.Mutex

// write writes a message to standard output in one piece.
func write(kind string, content any) {
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
	fmt.Fprintf(os.Stdout, "\x1b_cnet:%s:%s:%s\x1b\\", token, kind, base64.StdEncoding.EncodeToString(text))
}
