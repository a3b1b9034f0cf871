package source

import "testing"

func TestQuestion(t *testing.T) {
	for line, want := range map[string]string{
		"fmt.Println?": "fmt.Println", "x ?": "x", "  größe?": "größe", "?x": "x", "??x.y": "x.y", "x??": "x",
		"%time?": "%time", "%%html?": "%%html",
		"x": "", "x.?": "", "f(x)?": "", "x y?": "", "?": "", "a?b": "", "!ls?": "",
	} {
		if got, ok := Question(line); got != want || ok != (want != "") {
			t.Errorf("%q: %q (%v), want %q", line, got, ok, want)
		}
	}
}

// A question is one only where a statement may begin.
func TestQuestionsOfACell(t *testing.T) {
	list := Commands("x := `\nx?\n`\n/*\nx?\n*/\nx?\nf(\n?x\n")
	if len(list) != 1 || list[0] != (Command{6, 1, "x?"}) {
		t.Errorf("%+v, want the one in line 6", list)
	}
}
