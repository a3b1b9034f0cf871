package proc

import (
	"errors"
	"fmt"
)

var errNoInput = errors.New("the program does not read input from the notebook")

// WaitsForInput reports whether a process under GoNB waits for input, and returns its id for Feed. Such a process is
// blocked in a read of its standard input, which is an empty pipe that GoNB made. Programs that wait for several files
// at once (select, poll) are not found.
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

// Feed writes text to the standard input of the process pid, which must be a pipe of GoNB's. It never blocks; it
// returns an error if the pipe has no room for all of text.
func Feed(gonb, pid int, text string) error {
	pipes := privatePipes(gonb)
	if err := writeInput(pid, text, func(pipe string) bool { return pipes[pipe] }); err != nil {
		return fmt.Errorf("cannot pass input on to process %d: %w", pid, err)
	}
	return nil
}
