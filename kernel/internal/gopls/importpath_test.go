package gopls

import "testing"

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
