package cell

import (
	"fmt"
	"image"
	"reflect"
	"strings"
	"unicode/utf8"
)

// maxText is the longest text of a value that is shown, in bytes. Print the value to see all.
const maxText = 8 << 10

// richText is the longest text shown beside a richer format, which says more.
const richText = 400

// plain returns a value as text, never much longer than maxText. Beside a richer format, the name of the type takes the
// place of a long or abbreviated text.
func plain(value any, hasMore bool) string {
	text := written(value)
	if hasMore && (len(text) > richText || strings.Contains(text, etc.text)) {
		return typeName(reflect.TypeOf(value))
	}
	return cut(text)
}

// cut shortens a text and says by how much.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > maxText-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s… %s more; print the value to see all of it", text[:end], count(len(text)-end, "byte"))
}

// written returns a value as text: strings and text in bytes as they are, values with a text of their own as that,
// everything else as it would be written in Go.
func written(value any) string {
	switch v := value.(type) {
	case nil:
		return "nil"
	case image.Image:
		return fmt.Sprint(typeName(reflect.TypeOf(v)), " ", v.Bounds())
	case Bundle:
		return "Bundle"
	}
	v := reflect.ValueOf(value)
	d := newDescriber()
	if text, ok := d.own(v); ok {
		return text
	}
	switch {
	case v.Kind() == reflect.String && isText(v.String()):
		return v.String()
	case isBytes(v.Type()) && v.Len() > 0:
		if text, ok := bytesAsText(v, v.Len()); ok {
			return text
		}
	}
	return d.value(v, place{typed: true, top: true}).lines(width)
}

// textOfAll returns several values as text.
func textOfAll(values []any) string {
	d := newDescriber()
	texts := make([]string, len(values))
	for i, value := range values {
		switch v := value.(type) {
		case nil:
			texts[i] = "nil"
		case image.Image, Bundle:
			texts[i] = written(v)
		default:
			texts[i] = d.value(reflect.ValueOf(v), place{typed: true, top: true}).lines(width)
		}
	}
	text := strings.Join(texts, ", ")
	if strings.Contains(text, "\n") {
		text = strings.Join(texts, ",\n")
	}
	return cut(text)
}
