package gopls

import (
	"fmt"
	"strings"
	"testing"
)

// cut takes the cursor, "|", out of a text.
func cut(t *testing.T, marked string) (text string, offset int) {
	t.Helper()
	before, after, ok := strings.Cut(marked, "|")
	if !ok {
		t.Fatalf("no cursor in %q", marked)
	}
	return before + after, len(before)
}

func item(kind int, text, detail string) completionItem {
	i := completionItem{Kind: kind, Detail: detail}
	i.TextEdit.NewText = text
	return i
}

func texts(c Completion) string {
	var all []string
	for _, m := range c.Matches {
		all = append(all, m.Text)
	}
	return strings.Join(all, " ")
}

func TestMatchesAreIdentifiersWithThePrefix(t *testing.T) {
	const variable, keyword, snippet, pkg = 6, 14, 15, 9
	for _, c := range []struct {
		name, marked string
		items        []completionItem
		want         string
	}{
		{"exact case first", "package p; var x = prin|", []completionItem{
			item(variable, "Print", ""), item(variable, "print", ""), item(variable, "PRINT", ""),
			item(variable, "println", ""),
		}, "print println Print PRINT"},
		{"no other prefix", "package p; var x = ab|", []completionItem{
			item(variable, "xab", ""), item(variable, "aab", ""),
		}, ""},
		{"no keyword, no snippet", "package p; var x = f|", []completionItem{
			item(keyword, "for", ""), item(snippet, "foo", ""), item(variable, "f", ""),
		}, "f"},
		{"no expression", "package p; var x = f|", []completionItem{
			item(variable, "f()", ""), item(variable, "f.x", ""), item(variable, "[]f", ""), item(variable, "", ""),
		}, ""},
		{"operators cut", "package p; var x = f|", []completionItem{
			item(variable, "&f1", ""), item(variable, "*f2", ""), item(variable, "f3...", ""),
		}, "f1 f2 f3"},
		{"once each", "package p; var x = f|", []completionItem{
			item(variable, "f1", "a"), item(variable, "f1", "b"), item(variable, "&f1", "c"),
		}, "f1"},
		{"packages", "package p; var x = s|", []completionItem{
			item(pkg, "strings", `"strings"`), item(pkg, "slite", `"internal/slite"`),
			item(pkg, "some", `"example.com/some"`), item(pkg, "seen", `"example.com/seen"`),
			item(pkg, "spec", `"project/spec"`), item(pkg, "svendored", `"vendor/svendored"`),
		}, "strings seen spec"},
		{"packages without a letter", "package p; import \"time\"; var x = |", []completionItem{
			item(pkg, "strings", `"strings"`), item(pkg, "time", `"time"`),
		}, "time"},
		{"letters of two bytes", "package p; var αβ = α|", []completionItem{
			item(variable, "αβ", ""), item(variable, "Αβγ", ""),
		}, "αβ Αβγ"},
	} {
		text, offset := cut(t, c.marked)
		d, err := newImports([]string{"example.com/seen"}).document(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := texts(newCompletion(d, offset, c.items)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWholeIdentifierIsReplaced(t *testing.T) {
	text, offset := cut(t, "package p\nvar x = fmt.Prin|tf(α)")
	got := newCompletion(document{original: text}, offset, []completionItem{item(3, "Println", "")})
	if text[got.Start:got.End] != "Printf" || texts(got) != "Println" {
		t.Errorf("%v replaces %q", got.Matches, text[got.Start:got.End])
	}
}

func TestMatchesAreBounded(t *testing.T) {
	var items []completionItem
	for i := range 1000 {
		items = append(items, item(6, fmt.Sprintf("x%d", i), ""))
	}
	if n := len(newCompletion(document{original: "x"}, 1, items).Matches); n != maxMatches {
		t.Errorf("%d matches, want %d", n, maxMatches)
	}
}
