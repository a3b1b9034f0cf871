package words

import (
	"strings"
	"unicode"
)

// ShellQuote quotes a word, if need be, so that a shell reads it as one.
func ShellQuote(word string) string {
	special := func(r rune) bool {
		plain := unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./:+,@=%", r)
		return !plain || r == unicode.ReplacementChar // which stands for bytes that are not UTF-8
	}
	// A leading = is a command's path in zsh.
	if word != "" && word[0] != '=' && !strings.ContainsFunc(word, special) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
