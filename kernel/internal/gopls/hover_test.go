package gopls

import (
	"strings"
	"testing"
)

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
