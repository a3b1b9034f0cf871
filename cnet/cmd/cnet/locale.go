package main

import (
	"cmp"
	"io"
	"strings"

	"github.com/schollz/progressbar/v3"
)

// utf8Locale reports whether the terminal shows UTF-8. In POSIX the first of LC_ALL, LC_CTYPE and LANG that is not
// empty decides; if all are, it is the C locale. Terminals of macOS and Windows show UTF-8 unless one of them says
// otherwise.
func utf8Locale(goos string, getenv func(string) string) bool {
	locale := cmp.Or(getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG"))
	if locale == "" {
		return goos == "windows" || goos == "darwin"
	}
	locale, _, _ = strings.Cut(locale, "@") // a modifier, as in de_DE.UTF-8@euro
	_, charset, ok := strings.Cut(locale, ".")
	if !ok {
		charset = locale // macOS has a locale called UTF-8
	}
	charset = strings.ToLower(charset)
	return charset == "utf-8" || charset == "utf8"
}

// barTheme returns the characters of a bar: Unicode's block elements, which every font for terminals has, or ASCII.
func (a *app) barTheme() progressbar.Theme {
	if a.utf8 {
		return progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}
	}
	return progressbar.Theme{Saucer: "#", SaucerPadding: ".", BarStart: "[", BarEnd: "]"}
}

// inASCII replaces the characters beyond ASCII that this program prints.
var inASCII = strings.NewReplacer("→", "->", "×", "x", "·", ".", "–", "-", "─", "-", "│", "|", "┼", "+", "√", "root ",
	"Σ", "sum ", "Φ", "Phi", "γ", "gamma", "τ", "tau", "ᵀ", "^T", "∂", "d", "²", "^2", "ö", "oe", "ø", "o", "é", "e")

// asciiTerminal writes to a terminal that does not show UTF-8. Characters that are not this program's own, such as
// those in the name of a file, are left alone.
type asciiTerminal struct{ io.Writer }

func (t asciiTerminal) Write(p []byte) (int, error) {
	if _, err := inASCII.WriteString(t.Writer, string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
