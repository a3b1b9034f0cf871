package main

import (
	"errors"
	"fmt"

	"continuousnet/kernel/internal/installed"

	"github.com/spf13/cobra"
)

// usageError is a command line that cannot be understood, as opposed to a command that failed.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitStatus returns the status that the program ends with and the line that it says before, as shells and scripts
// expect them: 2 for a command line that is wrong, 1 for a command that failed.
func exitStatus(err error) (status int, message string) {
	if err == nil {
		return 0, ""
	}
	usage, conflict := usageError{}, installed.ConflictError{}
	if errors.As(err, &usage) || errors.As(err, &conflict) {
		return 2, fmt.Sprintf("kernel: %v; see: kernel help", err)
	}
	return 1, fmt.Sprintf("kernel: %v", err)
}

// noArguments refuses words after a command, and below the root, where they would name one, commands that there are
// not.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasParent() {
		return usageError{fmt.Errorf("kernel %s takes no arguments, not %q", cmd.Name(), args[0])}
	}
	hint := ""
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf(" (perhaps %s?)", near[0])
	}
	return usageError{fmt.Errorf("no such command: %q%s", args[0], hint)}
}
