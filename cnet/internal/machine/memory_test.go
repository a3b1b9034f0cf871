package machine

import (
	"os"
	"testing"
)

func TestMemory(t *testing.T) {
	_, err := os.Stat("/proc/meminfo")
	if known := err == nil; known != (Memory() > 1<<20) {
		t.Errorf("%d bytes, and /proc/meminfo: %v", Memory(), err)
	}
}

func TestField(t *testing.T) {
	const text = "MemTotal:       24605316 kB\nMemFree:\t123 kB\nno colon\nMemFree: 7\nmodel name\t: A CPU @ 2: GHz\n"
	for name, want := range map[string]string{
		"MemTotal": "24605316 kB", "MemFree": "123 kB", "no colon": "", "Mem": "",
		"model name": "A CPU @ 2: GHz",
	} {
		if got := Field(text, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
