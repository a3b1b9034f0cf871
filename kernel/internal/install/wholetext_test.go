package install

import (
	"bytes"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// GoNB in the pinned version is the one whose stream messages are changed.
func TestWholeText(t *testing.T) {
	whole, err := wholeText(pinnedFile(t, gonbModule, streamFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), streamFile, whole, 0); err != nil {
		t.Error(err)
	}
	if !bytes.Contains(whole, []byte("Bytes:  invalidText(data),\n")) {
		t.Error("stream messages are not changed")
	}
	// Once more it is not the text that is known.
	for _, text := range [][]byte{nil, whole[:len(whole)/4], whole} {
		if _, err := wholeText(text); err == nil || !strings.Contains(err.Error(), gonbModule) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

// streamMessages is as much of GoNB's messages as wholeText looks at.
const streamMessages = "package kernel\n\nimport (\n\t\"runtime\"\n\t\"time\"\n)\n\n" +
	"func PublishWriteStream(stream, data string) any {\n\treturn\n\t\tstruct {\n" +
	"\t\t\tStream string `json:\"name\"`\n" +
	"\t\t\tData   string `json:\"text\"`\n\t\t}{\n\t\t\tStream: stream,\n\t\t\tData:   data,\n\t\t},\n}\n"
