package install

import (
	"bytes"
	"go/parser"
	"go/token"
	"os/exec"
	"strings"
	"testing"

	"continuousnet/kernel/internal/project"
)

// The library that GoNB is built with is the one whose publisher is changed, and the change is made.
func TestBoundPublisher(t *testing.T) {
	checkout, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", zeromq).Output()
	if err != nil {
		t.Fatal(err)
	}
	own := strings.TrimSpace(string(output))
	if pinned, err := project.PinnedVersion(checkout, zeromq); err != nil || pinned != own {
		t.Errorf("the tools are built with %s %s (%v), the kernel with %s", zeromq, pinned, err, own)
	}
	text := pinnedFile(t, zeromq, publisherFile)
	bound, err := boundPublisher(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), publisherFile, bound, 0); err != nil {
		t.Error(err)
	}
	at := bytes.Index(bound, []byte(") write(ctx"))
	next := bound[at+bytes.IndexByte(bound[at:], '\n')+1:]
	if at < 0 || !bytes.HasPrefix(next, []byte("\tw.sendMsg(msg)\n")) {
		t.Errorf("%.200s", next)
	}
}

// A version that is not known is refused: its memory would have no bound.
func TestUnknownPublisher(t *testing.T) {
	for _, text := range []string{
		"", "package zmq4\n\nfunc (w *pubMWriter) write(ctx context.Context, msg Msg) error {\n",
	} {
		if _, err := boundPublisher([]byte(text)); err == nil || !strings.Contains(err.Error(), zeromq) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
