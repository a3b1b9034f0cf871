package words

import (
	"errors"
	"fmt"
	"testing"
)

// Joined errors come in one line, wherever they are; a command keeps its own.
func TestMessage(t *testing.T) {
	command := errors.New("it is a pickle; convert it with\npython3 -c \"...\" in out")
	full, closed := errors.New("the disk is full"), errors.New("already closed")
	for _, c := range []struct {
		err  error
		want string
	}{
		{full, "the disk is full"},
		{errors.Join(full, closed), "the disk is full; already closed"},
		{errors.Join(full), "the disk is full"},
		{errors.Join(full, errors.Join(closed, full)), "the disk is full; already closed; the disk is full"},
		{fmt.Errorf("run a: %w", errors.Join(full, closed)), "run a: the disk is full; already closed"},
		{fmt.Errorf("%w, after %w", errors.Join(full, closed), full),
			"the disk is full; already closed, after the disk is full"},
		{command, command.Error()},
		{fmt.Errorf("weights x: %w", command), "weights x: " + command.Error()},
		{errors.Join(full, fmt.Errorf("weights x: %w", command)), "the disk is full; weights x: " + command.Error()},
	} {
		if got := Message(c.err); got != c.want {
			t.Errorf("%q: got %q, want %q", c.err, got, c.want)
		}
	}
}
