package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

var testKey = []byte("a key")

func testMessage() *Message {
	return &Message{
		Identities: [][]byte{[]byte("client")},
		Header: Header{MsgID: "1", Session: "s", Username: "u", Date: "2026-01-01T00:00:00Z",
			MsgType: "execute_request", Version: ProtocolVersion},
		Content: json.RawMessage(`{"code": "1 + 1", "n": 12345678901234567890}`),
		Buffers: [][]byte{{0, 1, 255}},
	}
}

func TestRoundTrip(t *testing.T) {
	for _, key := range [][]byte{testKey, nil} {
		sent := testMessage()
		frames, err := sent.Encode(key)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(frames, key)
		if err != nil {
			t.Fatal(err)
		}
		if got.Header != sent.Header || !reflect.DeepEqual(got.Identities, sent.Identities) ||
			!reflect.DeepEqual(got.Buffers, sent.Buffers) {
			t.Errorf("%+v", got)
		}
		if !bytes.Equal(got.Content, sent.Content) || string(got.Parent) != "{}" {
			t.Errorf("content %s, parent %s", got.Content, got.Parent)
		}
	}
}

// The signature that jupyter_client makes of these parts with this key.
func TestSignature(t *testing.T) {
	got := sign([]byte("key"), [][]byte{[]byte(`{"a":1}`), []byte("{}"), []byte("{}"), []byte("{}")})
	const want = "f1128388193e4dd1aa760827bd756a1b40b627676b5efe22c0e8297919bfa218"
	if string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	change := func(f func(frames [][]byte) [][]byte) [][]byte {
		frames, err := testMessage().Encode(testKey)
		if err != nil {
			t.Fatal(err)
		}
		return f(frames)
	}
	resign := func(part int, text string) [][]byte {
		return change(func(f [][]byte) [][]byte {
			f[3+part] = []byte(text)
			f[2] = sign(testKey, f[3:7])
			return f
		})
	}
	for name, test := range map[string]struct {
		frames [][]byte
		want   error
	}{
		"nothing":        {nil, ErrFrames},
		"no delimiter":   {change(func(f [][]byte) [][]byte { return append(f[:1:1], f[2:]...) }), ErrFrames},
		"too few frames": {change(func(f [][]byte) [][]byte { return f[:6] }), ErrFrames},
		"unsigned":       {change(func(f [][]byte) [][]byte { f[2] = nil; return f }), ErrSignature},
		"one bit":        {change(func(f [][]byte) [][]byte { f[6][0] ^= 1; return f }), ErrSignature},
		"cut signature":  {change(func(f [][]byte) [][]byte { f[2] = f[2][:10]; return f }), ErrSignature},
		"upper case":     {change(func(f [][]byte) [][]byte { f[2] = bytes.ToUpper(f[2]); return f }), ErrSignature},
		"array":          {resign(3, `[]`), ErrJSON},
		"two objects":    {resign(3, `{}{}`), ErrJSON},
		"not UTF-8":      {resign(3, "{\"a\":\"\xff\"}"), ErrJSON},
		"deep":           {resign(3, `{"a":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+`}`), ErrJSON},
		"no type":        {resign(0, `{"msg_id":"1"}`), ErrJSON},
		"number as id":   {resign(0, `{"msg_id":1,"msg_type":"x"}`), ErrJSON},
		"long id":        {resign(0, `{"msg_id":"`+strings.Repeat("x", maxID+1)+`","msg_type":"x"}`), ErrJSON},
	} {
		if _, err := Decode(test.frames, testKey); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestReplay(t *testing.T) {
	var r Replay
	message := func(id string) *Message { return &Message{RawHeader: json.RawMessage(`{"msg_id":"` + id + `"}`)} }
	if !r.Fresh(message("a")) || r.Fresh(message("a")) || !r.Fresh(message("b")) {
		t.Error("a message is fresh once")
	}
	for range replayWindow + 10 {
		r.Fresh(message(NewID()))
	}
	if len(r.seen) != replayWindow || len(r.ring) != replayWindow {
		t.Errorf("%d and %d digests are kept, want %d", len(r.seen), len(r.ring), replayWindow)
	}
}

func FuzzDecode(f *testing.F) {
	frames, err := testMessage().Encode(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Join(frames, []byte{0xff, 0}))
	f.Add([]byte("<IDS|MSG>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		frames := bytes.Split(data, []byte{0xff, 0})
		m, err := Decode(frames, nil)
		if err != nil {
			return
		}
		// What is accepted can be sent on, and reads the same.
		again, err := m.Encode(testKey)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(again, testKey); err != nil {
			t.Errorf("%q: %v", again, err)
		}
	})
}
