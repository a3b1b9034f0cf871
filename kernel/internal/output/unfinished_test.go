package output

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Each step is a write "stdout:text", a tick, or the prompt that is taken; what is shown is in order.
func TestUnfinished(t *testing.T) {
	for name, c := range map[string]struct{ steps, want []string }{
		"a prompt":           {[]string{"stdout:hi\nname: ", "?"}, []string{"stdout:hi\n", "?name: "}},
		"in pieces":          {[]string{"stdout:na", "tick", "stdout:me: ", "?"}, []string{"?name: "}},
		"old before":         {[]string{"stdout:na", "tick", "stdout:me", "tick", "?"}, []string{"stdout:na", "?me"}},
		"a prompt in time":   {[]string{"stdout:name: ", "tick", "?"}, []string{"?name: "}},
		"not a prompt":       {[]string{"stdout:50 %", "tick", "tick", "?"}, []string{"stdout:50 %", "?"}},
		"on stderr":          {[]string{"stderr:name: ", "?"}, []string{"?name: "}},
		"the youngest":       {[]string{"stdout:a", "stderr:b", "?"}, []string{"stdout:a", "?b"}},
		"nothing written":    {[]string{"stdout:", "tick", "?"}, []string{"?"}},
		"a line's end":       {[]string{"stdout:a", "stdout:b\n", "?"}, []string{"stdout:ab\n", "?"}},
		"a carriage return":  {[]string{"stdout:10 %\r20 %", "?"}, []string{"stdout:10 %\r", "?20 %"}},
		"colours":            {[]string{"stdout:a\x1b[1mname", "?"}, []string{"stdout:a\x1b[1mname", "?"}},
		"a rune that is cut": {[]string{"stdout:\xe2", "tick", "tick", "stdout:\x82\xac ", "?"}, []string{"?€ "}},
		"no rune":            {[]string{"stdout:\xe2\x82", "?"}, []string{"?\ufffd"}},
		"taken twice":        {[]string{"stdout:a", "?", "?", "stdout:b", "?"}, []string{"?a", "?", "?b"}},
		"released":           {[]string{"stdout:a", "tick", "release", "stdout:b", "?"}, []string{"stdout:a", "?b"}},
	} {
		var u Unfinished
		var got []string
		show := func(texts []Text) {
			for _, text := range texts {
				got = append(got, text.Name+":"+text.Text)
			}
		}
		for _, step := range c.steps {
			stream, text, write := strings.Cut(step, ":")
			switch {
			case write:
				show(u.Write(stream, text))
			case step == "tick":
				show(u.Tick())
			case step == "release":
				show(u.Release())
			default:
				got = append(got, "?"+u.Prompt())
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	var u Unfinished
	if shown := fmt.Sprint(u.Write("stdout", strings.Repeat("x", longestPrompt+1))); len(shown) <= longestPrompt {
		t.Errorf("a long line is held back: %.40s", shown)
	}
}
