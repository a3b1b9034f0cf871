package cell

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/png"
	"reflect"
	"strings"
)

// Formats returns the formats in which a value is shown; text/plain is always among them. Slices and maps of structs,
// and slices of slices, have a table as HTML; errors have red HTML.
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
	if len(b) == 0 {
		b = ordinary(value)
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

// ordinary returns the formats of a value that has none of its own.
func ordinary(value any) Bundle {
	if err, ok := value.(error); ok {
		return errorFormats(err)
	}
	if _, ok := value.(Bundle); !ok && value != nil {
		if t := tableOf(reflect.ValueOf(value)); t != nil {
			return Bundle{"text/plain": cut(t.text()), "text/html": t.html()}
		}
	}
	return Bundle{}
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
	// Without a picture beside it, a page with a specification that cannot be drawn hangs.
	if v, ok := value.(VegaLiteWriter); ok && b["image/png"] != nil {
		var out bytes.Buffer
		if err := v.VegaLite(&out); err == nil { // the picture is there in any case
			b["application/vnd.vegalite.v5+json"] = out.Bytes()
		}
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
