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

// Places names the cells' own lines in text that a program has printed, in place of positions in the program that GoNB
// wrote: "Cell [7] line 4".
func Places(text string, cells Cells) string {
	return mainPosition.ReplaceAllStringFunc(text, func(position string) string {
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
		return strings.ToUpper(cell[:1]) + cell[1:] + " line " + strconv.Itoa(line)
	})
}
