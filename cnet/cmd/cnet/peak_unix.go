//go:build unix

package main

import (
	"runtime"
	"syscall"
)

// maxRSS asks the system; it answers in bytes on macOS and in kilobytes elsewhere.
func maxRSS() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}
