package proc

import (
	"strings"
	"testing"
	"time"
)

func TestParseGrace(t *testing.T) {
	for value, want := range map[string]time.Duration{"": DefaultGrace, "30s": 30 * time.Second,
		"1m30s": 90 * time.Second} {
		if got, err := ParseGrace(value); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", value, got, err, want)
		}
	}
	for _, value := range []string{"30", "-1s", "0s", "soon"} {
		if _, err := ParseGrace(value); err == nil || !strings.Contains(err.Error(), EnvGrace) {
			t.Errorf("%q: %v", value, err)
		}
	}
}
