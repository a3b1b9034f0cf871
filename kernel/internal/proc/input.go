package proc

import (
	"errors"
	"fmt"
)

var errNoInput = errors.New("the program does not read input from the notebook")

// WaitsForInput reports whether something that runs under GoNB waits for input: blocked in a read of its standard
// input, which is the pipe that GoNB made, and the pipe is empty. Feed writes to the process it returns. A program that
// waits for several files at once (select, poll) does not count.
func WaitsForInput(gonb int) (pid int, ok bool) {
	pipes := privatePipes(gonb)
	if len(pipes) == 0 {
		return 0, false
	}
	processes, _ := working(gonb, tableAround(gonb))
	for _, p := range processes {
		if !pipes[pipesOf(p.PID)[0]] || !readsInput(p.PID) {
			continue
		}
		if waiting, err := pipeHolds(p.PID); err == nil && waiting == 0 {
			return p.PID, true
		}
	}
	return 0, false
}

// Feed writes text to the standard input of the process pid, which must be a pipe of GoNB's. It never blocks: if the
// program does not read and the pipe has no room for all of text, that is an error.
func Feed(gonb, pid int, text string) error {
	pipes := privatePipes(gonb)
	if err := writeInput(pid, text, func(pipe string) bool { return pipes[pipe] }); err != nil {
		return fmt.Errorf("cannot pass input on to process %d: %w", pid, err)
	}
	return nil
}
