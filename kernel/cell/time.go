package cell

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// Time starts a clock. The function that it returns prints how long ago that was, and the processor time of the program
// since then. It is how the commands %time and %%time work:
//
//	defer cell.Time()()
func Time() (stop func()) {
	start, used := time.Now(), processorTime()
	return func() {
		fmt.Fprintf(os.Stdout, "time %s, processor %s\n", rounded(time.Since(start)), rounded(processorTime()-used))
	}
}

// rounded leaves three or four digits of a duration.
func rounded(d time.Duration) time.Duration {
	for unit := time.Duration(1); unit < time.Hour; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
	return d.Round(time.Second)
}

// processorTime returns the time that the processors have spent on this process.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
