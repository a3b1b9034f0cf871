package cell

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// float returns a number in decimals where people read them, else with an exponent. Digits 0 means as many as it takes
// to tell it from every other number of so many bits; otherwise it is rounded to that many significant ones, unless it
// is an integer.
func float(x float64, bits, digits int) string {
	size := math.Abs(x)
	switch {
	case math.IsNaN(x), math.IsInf(x, 0), x == 0:
		return strconv.FormatFloat(x, 'g', -1, bits)
	case size == math.Trunc(size) && size < 1e15 || digits == 0 && size >= 1e-4 && size < 1e15:
		return strconv.FormatFloat(x, 'f', -1, bits)
	case digits == 0:
		return strconv.FormatFloat(x, 'g', -1, bits)
	}
	short := strconv.FormatFloat(x, 'e', -1, bits)
	if rounded := strconv.FormatFloat(x, 'e', digits-1, 64); len(rounded) < len(short) {
		short = rounded
	}
	back, err := strconv.ParseFloat(short, 64)
	if err != nil {
		return short
	}
	if size >= 1e-4 && size < 1e8 {
		return strconv.FormatFloat(back, 'f', -1, 64)
	}
	return strconv.FormatFloat(back, 'g', -1, 64)
}

// arrayDigits is the number of significant digits of floats inside of slices, arrays, maps and structs.
const arrayDigits = 8

func complexNumber(x complex128, bits, digits int) string {
	im := float(imag(x), bits/2, digits)
	if im[0] != '-' && im[0] != '+' {
		im = "+" + im
	}
	return "(" + float(real(x), bits/2, digits) + im + "i)"
}

// isText reports whether a string, as much of it as may be shown, is UTF-8.
func isText(s string) bool {
	if len(s) <= 2*maxText {
		return utf8.ValidString(s)
	}
	s = s[:2*maxText]
	for range utf8.UTFMax { // the last character may be incomplete
		if utf8.ValidString(s) {
			return true
		}
		s = s[:len(s)-1]
	}
	return false
}

// quoted returns a string as a Go literal of about at most so many bytes, with the length of what is longer.
func quoted(s string, most int) string {
	if len(s) <= most {
		return strconv.Quote(s)
	}
	end := most
	for end > 0 && end > most-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return strconv.Quote(s[:end]) + "… (" + count(len(s), "byte") + ")"
}

func isBytes(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && t.Elem().Kind() == reflect.Uint8
}

// firstBytes returns the first bytes of a slice or an array of them.
func firstBytes(v reflect.Value, n int) []byte {
	n = min(n, v.Len())
	if v.Kind() == reflect.Slice {
		return v.Bytes()[:n]
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v.Index(i).Uint())
	}
	return b
}

// bytesAsText returns at most the first n bytes of a slice as text, and whether they are text. An array of bytes is a
// hash or an address, and never text.
func bytesAsText(v reflect.Value, n int) (string, bool) {
	if v.Kind() == reflect.Array {
		return "", false
	}
	b := v.Bytes()
	if !isPrintable(b[:min(len(b), 2*maxText)], len(b) > 2*maxText) {
		return "", false
	}
	return string(b[:min(n, len(b))]), true
}

// isPrintable reports whether bytes are text without control characters. The last character may be incomplete if the
// bytes go on.
func isPrintable(b []byte, goesOn bool) bool {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			return goesOn && !utf8.FullRune(b)
		case !strconv.IsPrint(r) && !strings.ContainsRune("\t\n\r\u00a0\u3000\ufeff", r):
			return false
		}
		b = b[size:]
	}
	return true
}

// hex returns bytes in hexadecimal, with their number.
func hex(v reflect.Value, most int) string {
	n := v.Len()
	text := fmt.Sprintf("% x", firstBytes(v, most))
	if n > most {
		text += " …"
	}
	return count(n, "byte") + ": " + text
}

// number returns an integer with the character that it may stand for: reflect does not tell a rune from an int32.
func number(v reflect.Value) string {
	text := strconv.FormatInt(v.Int(), 10)
	if r := rune(v.Int()); v.Kind() == reflect.Int32 && v.Type().PkgPath() == "" && isLetter(r) {
		text += " " + strconv.QuoteRune(r)
	}
	return text
}

// runes returns the text that a slice of int32 may stand for, or nothing: what most of its numbers are letters of.
func runes(v reflect.Value) string {
	text, letters := make([]rune, v.Len()), 0
	for i := range text {
		text[i] = rune(v.Index(i).Int())
		if !strconv.IsPrint(text[i]) {
			return ""
		}
		if isLetter(text[i]) {
			letters++
		}
	}
	if 2*letters <= len(text) {
		return ""
	}
	return " " + strconv.Quote(string(text))
}

// isLetter reports whether a number probably is a letter or a sign outside of ASCII.
func isLetter(r rune) bool {
	return 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || r > 0xa0 && strconv.IsPrint(r)
}

// count returns a number with its noun: "1 byte", "1,234 bytes".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return grouped(n) + " " + noun
}

// grouped returns a number of things with commas.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
