//go:build unix

package main

import (
	"runtime"
	"syscall"
)

// maxRSS returns the most memory that the process has had resident, as getrusage counts it: in bytes on macOS, in
// kilobytes elsewhere.
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
