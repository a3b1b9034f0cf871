package machine

import (
	"fmt"
	"os"
	"strings"
)

// Suspended reports whether a process is stopped by a signal, as by Ctrl-Z. Anywhere but on Linux that is not known,
// and false.
func Suspended(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	return stopped(string(text))
}

// stopped reports whether a line of /proc/PID/stat is of a stopped process. The state follows the name of the program,
// which is in parentheses and may have any characters (proc_pid_stat(5)).
func stopped(stat string) bool {
	end := strings.LastIndexByte(stat, ')')
	return end >= 0 && strings.HasPrefix(stat[end+1:], " T ")
}
