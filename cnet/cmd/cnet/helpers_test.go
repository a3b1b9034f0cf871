package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// asCommand makes the test binary the command itself, for tests that need a process.
const asCommand = "CNET_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command is the command in a process of its own.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// cnetRun runs a command line in this process.
func cnetRun(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, err bytes.Buffer
	status = execute(context.Background(), args, &out, &err)
	return out.String(), err.String(), status
}

// mustRun is cnetRun for what has to succeed.
func mustRun(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	stdout, stderr, status := cnetRun(t, args...)
	if status != 0 {
		t.Fatalf("cnet %s: status %d\n%s%s", strings.Join(args, " "), status, stdout, stderr)
	}
	return stdout, stderr
}

// workplace is an empty working directory with a data set of very few images in its folder "digits", and the flags to
// train a very small network on it.
func workplace(t *testing.T) (flags []string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("digits", 0o777); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{"train": 60, "t10k": 20} {
		images := binary.BigEndian.AppendUint32(nil, 0x803)
		for _, d := range []int{n, 28, 28} {
			images = binary.BigEndian.AppendUint32(images, uint32(d))
		}
		labels := binary.BigEndian.AppendUint32(nil, 0x801)
		labels = binary.BigEndian.AppendUint32(labels, uint32(n))
		for i := range n {
			class := i % 10
			for p := range 28 * 28 {
				images = append(images, byte(p*(class+3)%251))
			}
			labels = append(labels, byte(class))
		}
		for file, content := range map[string][]byte{name + "-images-idx3-ubyte": images,
			name + "-labels-idx1-ubyte": labels} {
			if err := os.WriteFile(filepath.Join("digits", file), content, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	return []string{"train", "--dataset", "MNIST", "--data", "digits", "--alpha", "1", "--batch_size", "20",
		"--test_batch_size", "20", "--seed", "3"}
}

// endless is workplace for the run first, which may be trained for as long as one likes: with the default learning rate
// its loss is NaN after 17 epochs, which take a tenth of a second.
func endless(t *testing.T) (flags []string) {
	t.Helper()
	// A process that is started with SIGHUP ignored, as by nohup, ignores it. Those that this one starts do not then.
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(c) })
	return append(workplace(t), "--run", "first", "--lr", "0.01")
}

// objects parses JSON lines.
func objects(t *testing.T, text string) []map[string]any {
	t.Helper()
	var list []map[string]any
	for line := range strings.Lines(text) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("not a JSON object: %q: %v", line, err)
		}
		list = append(list, o)
	}
	return list
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	list := objects(t, text)
	if len(list) != 1 {
		t.Fatalf("got %d lines, want 1:\n%s", len(list), text)
	}
	return list[0]
}

func wantKeys(t *testing.T, o map[string]any, keys ...string) {
	t.Helper()
	for _, k := range keys {
		if _, ok := o[k]; !ok {
			t.Errorf("key %q is missing in %v", k, o)
		}
	}
}
