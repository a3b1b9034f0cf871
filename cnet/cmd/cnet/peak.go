package main

import (
	"os"
	"strconv"
	"strings"
)

// peakBytes returns the most memory that this process has had resident, or 0 where that is not known.
//
// Linux has it in /proc. Its getrusage would also count the process that started this one, as far as it was larger.
func peakBytes() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				fields := strings.Fields(rest)
				if n, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
					return n * 1024
				}
			}
		}
	}
	return maxRSS()
}
