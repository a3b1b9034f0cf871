package cell

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// said runs do as a cell does and returns the kinds and contents of its messages.
func said(t *testing.T, do func()) (kinds []string, contents []message, around string) {
	t.Helper()
	t.Setenv(TokenVariable, "abc")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	output := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(r)
		output <- all
	}()
	do()
	os.Stdout = stdout
	w.Close()
	text := string(<-output)
	sequence := regexp.MustCompile(`\x1b_cnet:abc:([a-z]+):([A-Za-z0-9+/=]*)\x1b\\`)
	for _, match := range sequence.FindAllStringSubmatch(text, -1) {
		body, err := base64.StdEncoding.DecodeString(match[2])
		if err != nil {
			t.Fatal(err)
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		kinds, contents = append(kinds, match[1]), append(contents, m)
	}
	return kinds, contents, sequence.ReplaceAllString(text, "|")
}

func TestShow(t *testing.T) {
	for name, test := range map[string]struct {
		values []any
		want   string // text/plain; empty: nothing is shown
	}{
		"nothing":            {nil, ""},
		"nil":                {[]any{nil}, ""},
		"a number":           {[]any{42}, "42"},
		"a string":           {[]any{"two\nlines"}, "two\nlines"},
		"a struct":           {[]any{struct{ A, B int }{1, 2}}, "{A: 1, B: 2}"},
		"value and no error": {[]any{3, nil}, "3"},
		"zero and error":     {[]any{0, errors.New("no")}, "no"},
		"value and error":    {[]any{1, errors.New("no")}, "1\nno"},
		"an error":           {[]any{errors.New("no")}, "no"},
		"two values":         {[]any{"a", 1}, `"a", 1`},
	} {
		kinds, contents, _ := said(t, func() { Show(test.values...) })
		switch {
		case test.want == "" && len(kinds) == 0:
		case len(kinds) == 1 && kinds[0] == "result" && contents[0].Data["text/plain"] == test.want:
		default:
			t.Errorf("%s: %v %v, want %q", name, kinds, contents, test.want)
		}
	}
}

type page struct{}

func (page) HTML() string         { return "<b>x</b>" }
func (page) Markdown() string     { return "**x**" }
func (page) SVG() string          { return "<svg/>" }
func (page) PNG() ([]byte, error) { return []byte{1, 2}, nil }
func (page) String() string       { return "a page" }

type broken struct{}

func (broken) PNG() ([]byte, error) { return nil, errors.New("no ink") }

type bundler struct{}

func (bundler) MIMEBundle() (Bundle, error) {
	return Bundle{"application/json": []byte(`{"a":1}`), "text/html": []byte("<i>")}, nil
}

func TestFormats(t *testing.T) {
	b, err := Formats(page{})
	if err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string]string{
		"text/html": "<b>x</b>", "text/markdown": "**x**", "image/svg+xml": "<svg/>", "image/png": "AQI=",
		"text/plain": "a page",
	} {
		if b[format] != want {
			t.Errorf("%s: %v, want %s", format, b[format], want)
		}
	}
	b, err = Formats(bundler{})
	if err != nil || string(b["application/json"].(json.RawMessage)) != `{"a":1}` || b["text/html"] != "<i>" {
		t.Errorf("%v, %v", b, err)
	}
	if _, err := Formats(broken{}); err == nil || err.Error() != "no ink" {
		t.Errorf("%v", err)
	}
	img := image.NewGray(image.Rect(0, 0, 3, 2))
	if b, err = Formats(img); err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(b["image/png"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := png.Decode(bytes.NewReader(data)); err != nil || back.Bounds() != img.Bounds() {
		t.Errorf("%v, %v", back, err)
	}
}

type drawing struct{ data []int }

func (drawing) PNG(w io.Writer) error {
	_, err := w.Write([]byte{1, 2})
	return err
}

// A chart is a picture and a specification; where the specification fails, the picture is there.
type movable struct {
	drawing
	err error
}

func (m movable) VegaLite(w io.Writer) error {
	if _, err := io.WriteString(w, `{"mark":"bar"}`); err != nil {
		return err
	}
	return m.err
}

type unseen struct{}

func (unseen) VegaLite(w io.Writer) error { return movable{}.VegaLite(w) }

func TestVegaLite(t *testing.T) {
	const vega = "application/vnd.vegalite.v5+json"
	b, err := Formats(movable{})
	spec, _ := b[vega].(json.RawMessage)
	if err != nil || string(spec) != `{"mark":"bar"}` || b["image/png"] != "AQI=" {
		t.Errorf("%v, %v", b, err)
	}
	for _, value := range []any{movable{err: errors.New("too large")}, unseen{}} {
		if b, err := Formats(value); err != nil || b[vega] != nil {
			t.Errorf("%T: %v, %v", value, b, err)
		}
	}
}

// What is long is cut, and beside a picture it is left out.
func TestLongText(t *testing.T) {
	b, err := Formats(strings.Repeat("ä", maxText))
	if err != nil {
		t.Fatal(err)
	}
	text := b["text/plain"].(string)
	if len(text) > maxText+100 || !utf8.ValidString(text) || !strings.HasSuffix(text, "see all of it") {
		t.Errorf("%d bytes, ending in %q", len(text), text[len(text)-60:])
	}
	b, err = Formats(drawing{make([]int, 1000)})
	if err != nil || b["image/png"] != "AQI=" || b["text/plain"] != "cell.drawing" {
		t.Errorf("%v, %v", b, err)
	}
}

// Messages keep their place between what is printed.
func TestOrder(t *testing.T) {
	kinds, contents, around := said(t, func() {
		os.Stdout.WriteString("a")
		Display(1, 2)
		os.Stdout.WriteString("b")
		Update("id", "x")
		Clear(true)
	})
	if got := strings.Join(kinds, " "); got != "display display update clear" || around != "a||b||" {
		t.Errorf("%s, %q", got, around)
	}
	if id := contents[2].Transient["display_id"]; id != "id" {
		t.Errorf("display id %v", id)
	}
}

// Outside a notebook values are printed.
func ExampleShow() {
	Show(6 * 7)
	// Output: 42
}
