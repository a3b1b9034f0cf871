package output

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Objects returns the content of a display_data, update_display_data or execute_result with JSON as values: where an
// entry of its data has a JSON type (application/json or any type that ends in +json) and a string of valid JSON, the
// string is replaced by the JSON in it, which is what front ends expect. Everything else is unchanged, byte for byte.
func Objects(content json.RawMessage) json.RawMessage {
	if !bytes.Contains(content, []byte("json")) { // spares pictures the decoder
		return content
	}
	var out []byte
	done := 0 // content[:done] is in out
	err := members(content, 0, func(key string, start, end int) error {
		if key != "data" || content[start] != '{' {
			return nil
		}
		return members(content[start:end], start, func(mime string, start, end int) error {
			if !isJSON(mime) || content[start] != '"' {
				return nil
			}
			var text string
			if err := json.Unmarshal(content[start:end], &text); err != nil || !json.Valid([]byte(text)) {
				return nil
			}
			out = append(out, content[done:start]...)
			out = append(out, strings.TrimSpace(text)...)
			done = end
			return nil
		})
	})
	if err != nil || done == 0 {
		return content
	}
	return append(out, content[done:]...)
}

func isJSON(mime string) bool {
	mime, _, _ = strings.Cut(mime, ";")
	mime = strings.TrimSpace(mime)
	return mime == "application/json" || strings.HasSuffix(mime, "+json") && strings.Contains(mime, "/")
}

// members calls f for each member of a JSON object with its key and where its value is; offset is where the object
// starts.
func members(object []byte, offset int, f func(key string, start, end int) error) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		end := offset + int(d.InputOffset())
		if err := f(key.(string), end-len(value), end); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}
