package gopls

import (
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

func TestSubjects(t *testing.T) {
	for marked, want := range map[string]string{
		"fmt.Prin|tln(x)":              "Println",
		"fmt.Println|(x)":              "Println",
		"|fmt.Println(x)":              "fmt",
		"fmt|.Println(x)":              "fmt",
		"fmt.|":                        "fmt",
		"fmt.Println(|":                "Println",
		"fmt.Println(x, |":             "Println",
		"fmt.Println(x, |)":            "Println",
		"f(x|":                         "x f",
		"f(g(1), |":                    "f",
		"f(g(1|":                       "g",
		"f(1, \"a(b|":                  "f",
		"f(1, `a b|c`)":                "f",
		"f(func() { g(|) })":           "g",
		"f(func() { |":                 "",
		"f(a[|":                        "f",
		"f([]int{1, |":                 "int",
		"f(`a\r\nb|c`)":                "f",
		"/* a\r\nb */ f(|":             "f",
		"f(\"a\"|":                     "f",
		"f(\n\tx,\n\t|\n)":             "f",
		"cnet.Config{|}":               "Config",
		"cnet.Config{Scheme: \"a\", |": "Config",
		"if x { |":                     "",
		"f(x) // g(|":                  "",
		"f(/* a|b */":                  "",
		"(|":                           "",
		"for|":                         "",
		"αβ|γ":                         "αβγ",
		"|":                            "",
	} {
		text, offset := cut(t, marked)
		var got []string
		for _, at := range subjects(text, offset) {
			_, end := identifierAround(text, at)
			got = append(got, text[at:end])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", marked, got, want)
		}
	}
}

func TestImportPathAround(t *testing.T) {
	for marked, want := range map[string]string{
		"package p\nimport \"net/ht|\"":              "net/ht",
		"package p\nimport \"|\"":                    "",
		"package p\nimport \"net|/http\"":            "net/http",
		"package p\nimport f \"fm|":                  "fm",
		"package p\nimport (\n\t\"os\"\n\t. \"ti|\n": "ti",
		"package p\nimport \"fmt\"|":                 "-",
		"package p\nimport \"fmt\"; var x = \"a|\"":  "-",
		"package p\nvar x = \"a|\"":                  "-",
		"package p\nimport |":                        "-",
		"|":                                          "-",
	} {
		text, offset := cut(t, marked)
		got := "-"
		if start, end, ok := importPathAround(text, offset); ok {
			got = text[start:end]
		}
		if got != want {
			t.Errorf("%q: %q, want %q", marked, got, want)
		}
	}
}
