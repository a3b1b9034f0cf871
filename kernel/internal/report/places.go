package report

import (
	"regexp"
	"strconv"
	"strings"
)

// mainPosition is a position in the program that GoNB wrote, as stack traces and loggers print it, with GoNB's own
// words about it.
var mainPosition = regexp.MustCompile(`(?:\x1b\[7m\[\[ Cell (?:\[(\d+)\] )?Line (-?\d+) \]\]\x1b\[0m )?` +
	`((?:/[^\s:]*/)?\bmain(?:_test)?\.go):(\d+)\b`)

// cellFile is the file that the compiler takes a cell for, and cellPosition a position in one.
var (
	cellFile     = regexp.MustCompile(`^Cell \[\d+\]$`)
	cellPosition = regexp.MustCompile(`\b(Cell \[\d+\]):(\d+)\b`)
)

// CellFile returns the name of the file that the compiler takes a cell for, given its label, "cell [7]".
func CellFile(label string) string { return strings.ToUpper(label[:1]) + label[1:] }

// CellPlaces writes positions in cells, as a program prints those that the compiler was told, in the kernel's way:
// "Cell [7] line 4" for "Cell [7]:4".
func CellPlaces(text string) string { return cellPosition.ReplaceAllString(text, "$1 line $2") }

// Places names the cells' own lines in text that a program has printed, in place of positions in the program that GoNB
// wrote, or as the compiler was told: "Cell [7] line 4".
func Places(text string, cells Cells) string {
	return mainPosition.ReplaceAllStringFunc(CellPlaces(text), func(position string) string {
		at := mainPosition.FindStringSubmatch(position)
		id, _ := strconv.Atoi(at[1])
		cellLine, _ := strconv.Atoi(at[2])
		cell, line, _, ok := cells.Line(id, cellLine)
		if !ok {
			mainLine, _ := strconv.Atoi(at[4])
			cell, line, _, ok = cells.Main(at[3], mainLine)
		}
		if !ok {
			return position
		}
		return CellFile(cell) + " line " + strconv.Itoa(line)
	})
}
