package output

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

func TestObjects(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"vega-lite": {
			`{"data": {"application/vnd.vegalite.v5+json": "{\"mark\":\"line\",\"n\":1}", "text/plain": "{}"}, ` +
				`"metadata": {}}`,
			`{"data": {"application/vnd.vegalite.v5+json": {"mark":"line","n":1}, "text/plain": "{}"}, "metadata": {}}`,
		},
		"json": {`{"data":{"application/json":" [1, 2] \n"}}`, `{"data":{"application/json":[1, 2]}}`},
		"geo":  {`{"data":{"application/geo+json":"{}"}}`, `{"data":{"application/geo+json":{}}}`},
		"parameter": {`{"data":{"application/json; charset=utf-8":"{}"}}`,
			`{"data":{"application/json; charset=utf-8":{}}}`},
		"digits": {`{"data":{"application/json":"[12345678901234567890,1e400,0.10]"}}`,
			`{"data":{"application/json":[12345678901234567890,1e400,0.10]}}`},
		"escapes": {`{"data":{"application/json":"\"\\u00e9<\\n\""}}`, `{"data":{"application/json":"\u00e9<\n"}}`},
		"several": {`{"data":{"a/b+json":"1","application/json":"2"},"x":3}`,
			`{"data":{"a/b+json":1,"application/json":2},"x":3}`},
		"object":     {`{"data":{"application/json": {"a" : 1.0} }}`, `{"data":{"application/json": {"a" : 1.0} }}`},
		"invalid":    {`{"data":{"application/json":"{'a':1}"}}`, `{"data":{"application/json":"{'a':1}"}}`},
		"empty":      {`{"data":{"application/json":""}}`, `{"data":{"application/json":""}}`},
		"two values": {`{"data":{"application/json":"{} {}"}}`, `{"data":{"application/json":"{} {}"}}`},
		"other types": {`{"data":{"text/html":"1","application/jsonl":"1","+json":"1"}}`,
			`{"data":{"text/html":"1","application/jsonl":"1","+json":"1"}}`},
		"elsewhere": {`{"metadata":{"application/json":"1"},"application/json":"1"}`,
			`{"metadata":{"application/json":"1"},"application/json":"1"}`},
		"data string": {`{"data":"application/json"}`, `{"data":"application/json"}`},
		"array":       {`["data",{"application/json":"1"}]`, `["data",{"application/json":"1"}]`},
		"not JSON":    {`{"data":{"application/json":"1"`, `{"data":{"application/json":"1"`},
		"nothing":     {``, ``},
	} {
		if got := Objects(json.RawMessage(c.in)); string(got) != c.want {
			t.Errorf("%s: got\n%s, want\n%s", name, got, c.want)
		}
	}
}

// What Objects returns is valid JSON whenever its input was, and it changes nothing but the JSON entries.
func FuzzObjects(f *testing.F) {
	f.Add("application/json", `{"a":[1,2.50]}`)
	f.Add("text/plain", "\u2028\"")
	f.Add("x/y+json", " \n\"\\ud800\" ")
	f.Fuzz(func(t *testing.T, mime, value string) {
		quotedMIME, _ := json.Marshal(mime)
		quoted, _ := json.Marshal(value)
		before := `{ "data":{"text/plain":"json" , ` + string(quotedMIME) + `: `
		after := ` },"transient":{"display_id":"+json"}}`
		got := string(Objects(json.RawMessage(before + string(quoted) + after)))
		if !json.Valid([]byte(got)) {
			t.Fatalf("not JSON: %s", got)
		}
		if !strings.HasPrefix(got, before) || !strings.HasSuffix(got, after) {
			t.Fatalf("changed too much: %s", got)
		}
		middle := got[len(before) : len(got)-len(after)]
		if middle != string(quoted) && middle != strings.TrimSpace(value) {
			t.Errorf("%s with %s became %s", mime, strconv.Quote(value), middle)
		}
	})
}
