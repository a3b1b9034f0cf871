package values_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"continuousnet/kernel/values"
)

// cells are programs that the test binary runs instead of the tests, each in a process of its own.
var cells = map[string]func(dir string){}

const cellVariable = "VALUES_TEST_CELL"

func TestMain(m *testing.M) {
	if name := os.Getenv(cellVariable); name != "" {
		cells[name](os.Getenv(values.DirVariable))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// cell runs a cell and returns what it prints on both outputs.
func cell(t *testing.T, dir, name string, env ...string) string {
	t.Helper()
	if cells[name] == nil {
		t.Fatalf("no cell %s", name)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), cellVariable+"="+name, values.DirVariable+"="+dir)
	c.Env = append(c.Env, env...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	if err != nil && !strings.Contains(out.String(), "panic: ") {
		t.Fatalf("cell %s: %v\n%s", name, err, out.String())
	}
	return out.String()
}

func lost(t *testing.T, dir string) map[string]string {
	t.Helper()
	x, err := values.ReadIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for _, v := range x.Variables {
		m[v.Name] = v.Lost
	}
	return m
}

// keep returns a variable that is read and written.
func keep(name string, pointer any) values.Var { return values.Var{Name: name, Pointer: pointer} }
