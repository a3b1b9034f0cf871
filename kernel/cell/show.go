package cell

import (
	"fmt"
	"reflect"
	"strings"
)

// Show shows what an expression gave as the result of the cell: one value in its richest form, several (a function's
// results) as text, with commas between them. Nothing is shown of nil. An error after other values is left out if it is
// nil; otherwise it is shown in red below them, without those that have their zero value.
func Show(values ...any) {
	if n := len(values); n > 0 && values[n-1] == nil {
		values = values[:n-1]
	}
	if len(values) == 0 {
		return
	}
	err, failed := values[len(values)-1].(error)
	if !failed || len(values) == 1 {
		showAll(values)
		return
	}
	values = values[:len(values)-1]
	nothing := true
	for _, v := range values {
		nothing = nothing && isZero(v)
	}
	if nothing {
		send("result", "", err)
		return
	}
	data, failure := formatsOf(values)
	if failure != nil || !onlyText(data) {
		for _, v := range values { // a picture takes an output of its own; a cell has one result
			send("display", "", v)
		}
		send("result", "", err)
		return
	}
	send("result", "", below(data, errorFormats(err)))
}

// ShowIO is Show for the result of a call whose name says that it reads, writes, copies or scans. What such a call
// returns beside the error, a number of bytes or items, is not shown. Other results are.
func ShowIO(values ...any) {
	if len(values) == 2 && isCount(values[0]) {
		if _, failed := values[1].(error); failed || values[1] == nil {
			values = values[1:]
		}
	}
	Show(values...)
}

func isCount(value any) bool {
	switch value.(type) {
	case int, int64:
		return true
	}
	return false
}

// isZero reports whether a value beside an error says nothing: it is zero, or an empty slice, as os.ReadFile returns.
func isZero(value any) bool {
	v := reflect.ValueOf(value)
	return value == nil || v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0
}

func showAll(values []any) {
	if len(values) == 1 {
		send("result", "", values[0])
		return
	}
	send("result", "", Bundle{"text/plain": textOfAll(values)})
}

// formatsOf returns the formats of one value, or of several together.
func formatsOf(values []any) (Bundle, error) {
	if len(values) == 1 {
		return Formats(values[0])
	}
	return Bundle{"text/plain": textOfAll(values)}, nil
}

// onlyText reports whether a value is shown as text and HTML at most.
func onlyText(b Bundle) bool {
	for format := range b {
		if format != "text/plain" && format != "text/html" {
			return false
		}
	}
	return true
}

// below puts two values, which are shown as text and HTML, below each other.
func below(a, b Bundle) Bundle {
	return Bundle{
		"text/plain": fmt.Sprint(a["text/plain"], "\n", b["text/plain"]),
		"text/html":  htmlOf(a) + htmlOf(b),
	}
}

func htmlOf(b Bundle) string {
	if html, ok := b["text/html"]; ok {
		return fmt.Sprint(html)
	}
	return `<pre style="margin:0;padding:0;white-space:pre-wrap">` + escapeHTML(fmt.Sprint(b["text/plain"])) + "</pre>"
}

// errorFormats returns an error as text and in red. The front end's own red is readable on its background, light or
// dark; other front ends take the other one.
func errorFormats(err error) Bundle {
	text := plain(err, false)
	return Bundle{
		"text/plain": text,
		"text/html": `<pre style="color:#d32f2f;color:var(--jp-error-color1,#d32f2f);margin:0;padding:0;` +
			`white-space:pre-wrap">` + escapeHTML(text) + "</pre>",
	}
}

// escapeHTML returns text as HTML. Package html would link its table of entities into every cell.
func escapeHTML(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; c {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '"':
			b.WriteString("&#34;")
		case '\'':
			b.WriteString("&#39;")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
