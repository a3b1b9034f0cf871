package commlink

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	var b bytes.Buffer
	all := []Message{
		{Kind: Hello, Target: "t"},
		{Kind: Msg, ID: "1", Data: json.RawMessage(`{"a":1}`), Buffers: [][]byte{{0, 255}, {}, {7}}},
	}
	for _, m := range all {
		if err := Write(&b, m); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range all {
		got, err := Read(&b)
		got.Sizes = nil
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
}

func TestBadFrames(t *testing.T) {
	for _, text := range []string{
		"", "\x00", "\xff\xff\xff\xff{}", "\x00\x00\x00\x02[]", "\x00\x00\x00\x05{}",
		"\x00\x00\x00\x0e{\"sizes\":[-1]}", "\x00\x00\x00\x17{\"sizes\":[99999999999]}",
	} {
		if m, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%q became %+v", text, m)
		}
	}
	if err := Write(&bytes.Buffer{}, Message{Buffers: [][]byte{make([]byte, MaxBytes)}}); err == nil {
		t.Error("a message beyond the limit was written")
	}
}
