package gopls

import (
	"strings"
	"unicode/utf8"
)

// position is a place in a text: a line, and a column in UTF-16 code units, both from 0.
type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// positionAt returns the position of a byte. An offset inside of a character stands for the character's start.
func positionAt(text string, offset int) position {
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	p := position{Line: strings.Count(text[:start], "\n")}
	for i, r := range text[start:] {
		if start+i+utf8.RuneLen(r) > offset {
			break
		}
		p.Character += utf16Len(r)
	}
	return p
}

func utf16Len(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}
