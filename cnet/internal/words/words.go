// Package words formats what the library and the command line print for people: numbers, durations, errors, words for a
// shell.
package words

import "strconv"

// Distance returns the number of insertions, deletions and substitutions of bytes that turn a into b (Levenshtein),
// computed row by row of the usual table.
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Rate writes a learning rate, without the digits that floating point adds to one that has decayed. Rates that are
// written alike are the same.
func Rate(rate float64) string { return strconv.FormatFloat(rate, 'g', 9, 64) }

// Grouped writes a number with commas between thousands.
func Grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
