// Package machine tells about the machine that the program runs on.
package machine

import (
	"os"
	"strconv"
	"strings"
)

// Memory returns the physical memory in bytes, or 0 where that is not known: anywhere but on Linux.
func Memory() int64 {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	text, _, _ := strings.Cut(Field(string(info), "MemTotal"), " ")
	kilobytes, _ := strconv.ParseInt(text, 10, 64)
	return kilobytes * 1024
}

// Field returns the value of the first line "name: value" of a text, as files in /proc have them.
func Field(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
