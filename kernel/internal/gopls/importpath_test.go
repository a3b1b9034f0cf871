package gopls

import (
	"strings"
	"testing"
)

func TestImportPathAround(t *testing.T) {
	for marked, want := range map[string]string{
		"package p\nimport \"net/ht|\"":              "net/ht",
		"package p\nimport \"|\"":                    "",
		"package p\nimport \"net|/http\"":            "net/http",
		"package p\nimport f \"fm|":                  "fm",
		"package p\nimport (\n\t\"os\"\n\t. \"ti|\n": "ti",
		"package p\nimport `os/e|\nfunc f() {}":      "os/e",
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

func TestImport(t *testing.T) {
	known := func() []string { return []string{"math", "math/big", "math/rand/v2", "os"} }
	for marked, want := range map[string]string{
		"package p\nimport \"ma|\"":              "math math/big math/rand/v2",
		"package p\nimport (\n\t\"os\"\n\t\"|\n": "math math/big math/rand/v2 os",
		"package p\nimport \"math/r|x\"":         "math/rand/v2",
		"package p\nimport \"Ma|\"":              "",
	} {
		text, offset := cut(t, marked)
		found, ok := Import(text, offset, known)
		var paths []string
		for _, m := range found.Matches {
			paths = append(paths, m.Text)
		}
		if got := strings.Join(paths, " "); !ok || got != want {
			t.Errorf("%q: %q (%v), want %q", marked, got, ok, want)
		}
	}
	if _, ok := Import("package p\nvar x = \"ma\"", 21, known); ok {
		t.Error("a string is taken for an import path")
	}
}
