package proc

import (
	"fmt"
	"time"
)

// EnvGrace is the environment variable with the time that an interrupted cell has to save before it is killed: a Go
// duration such as 30s.
const EnvGrace = "CNET_INTERRUPT_GRACE"

// ParseGrace parses a value of EnvGrace. The empty string stands for [DefaultGrace].
func ParseGrace(value string) (time.Duration, error) {
	if value == "" {
		return DefaultGrace, nil
	}
	grace, err := time.ParseDuration(value)
	if err != nil || grace <= 0 {
		return 0, fmt.Errorf("%s is %q; expected a positive duration such as 30s", EnvGrace, value)
	}
	return grace, nil
}
