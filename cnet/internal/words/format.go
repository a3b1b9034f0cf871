package words

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Percent writes a share from 0 to 1 as a percentage, such as "67.5 %".
func Percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// Plural writes a count of things: "1 epoch", "3 epochs", "2 batches".
func Plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "tch"):
		noun += "e"
	}
	return Grouped(n) + " " + noun + "s"
}

// Megabytes writes a number of bytes in MB, of 10⁶ bytes each.
func Megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// Clock writes a duration as a clock shows it, for columns of a table: 0:07, 12:34, 1:02:03.
func Clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// Duration writes a duration within a sentence: "59 s", "3 min 05 s", "2 h 03 min".
func Duration(d time.Duration) string {
	s := int(d.Seconds() + 0.5)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %02d min", s/3600, s%3600/60)
}

// OneLine returns a message, which may have many lines and a stack trace, as one line, cut off after limit bytes.
func OneLine(message string, limit int) string {
	message = strings.Join(strings.Fields(message), " ")
	if len(message) <= limit {
		return message
	}
	for limit > 0 && !utf8.RuneStart(message[limit]) {
		limit--
	}
	return message[:limit] + " ..."
}
