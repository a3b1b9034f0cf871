package install

import (
	"fmt"

	"continuousnet/kernel/internal/project"
)

// GoNB sends what a program writes as JSON, piece by piece as the program's writes and its own buffer cut it. JSON
// holds text only, so a rune that is cut in two arrives as replacement characters. GoNB is therefore built with a copy
// of itself that sends the bytes along where they are not valid UTF-8; output.StreamText reads them, and output.Stream
// decodes them over all pieces of a cell.

// gonbModule is GoNB's module, streamFile the file of it that is changed.
const (
	gonbModule = "github.com/janpfeifer/gonb"
	streamFile = "internal/kernel/messages.go"
)

// wholeText adds the bytes of text that is not valid UTF-8 to stream messages in the source text of GoNB's messages.
func wholeText(text []byte) ([]byte, error) {
	text, ok := edit(text,
		[2]string{"\t\"runtime\"\n\t\"time\"\n", "\t\"runtime\"\n\t\"time\"\n\t\"unicode/utf8\"\n"},
		[2]string{
			"\t\t\tData   string `json:\"text\"`\n\t\t}{\n\t\t\tStream: stream,\n\t\t\tData:   data,\n\t\t},\n",
			"\t\t\tData   string `json:\"text\"`\n\t\t\tBytes  []byte `json:\"bytes,omitempty\"`\n\t\t}{\n" +
				"\t\t\tStream: stream,\n\t\t\tData:   data,\n\t\t\tBytes:  invalidText(data),\n\t\t},\n",
		})
	if !ok {
		return nil, fmt.Errorf("%s of %s is not the one that this kernel knows: where it makes stream messages, "+
			"text would be damaged; adapt wholeText to the version in %s", streamFile, gonbModule, project.ToolsModule)
	}
	return fmt.Appendf(text, "\n%s", "// invalidText returns the bytes of text that is not valid UTF-8, nil for other "+
		"text.\nfunc invalidText(text string) []byte {\n\tif utf8.ValidString(text) {\n\t\treturn nil\n\t}\n"+
		"\treturn []byte(text)\n}\n"), nil
}
