package values_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/values"
)

func files(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(dir + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i] = filepath.Base(all[i])
	}
	return all
}

// TestOnlyChanges checks that an island which was read and not changed is not written again, one that was is, and that
// islands become one when a variable begins to refer to another's memory.
func TestOnlyChanges(t *testing.T) {
	dir := t.TempDir()
	a, b, c := make([]float64, 1<<16), map[string][]int{"x": {1}}, &node{v: 1}
	write(t, dir, keep("a", &a), keep("b", &b), keep("c", &c))
	first := files(t, dir)
	again := func(change func(a *[]float64, b *map[string][]int, c **node)) []string {
		var a []float64
		var b map[string][]int
		var c *node
		s := values.Open(dir, keep("a", &a), keep("b", &b), keep("c", &c))
		change(&a, &b, &c)
		s.Write()
		return files(t, dir)
	}
	if got := again(func(*[]float64, *map[string][]int, **node) {}); !slices.Equal(got, first) {
		t.Errorf("%q, before %q", got, first)
	}
	changed := func(before, after []string) (n int) {
		for _, f := range after {
			if !slices.Contains(before, f) {
				n++
			}
		}
		return n
	}
	for _, change := range []func(a *[]float64, b *map[string][]int, c **node){
		func(a *[]float64, b *map[string][]int, c **node) { (*a)[40000] = 5 },
		func(a *[]float64, b *map[string][]int, c **node) { (*b)["x"][0] = 5 },
		func(a *[]float64, b *map[string][]int, c **node) { (*b)["y"] = nil },
		func(a *[]float64, b *map[string][]int, c **node) { (*c).next = *c },
	} {
		before := files(t, dir)
		after := again(change)
		if changed(before, after) != 1 || len(after) != 4 {
			t.Errorf("%q, before %q", after, before)
		}
	}
	// d is new and refers to a.
	var a2, d []float64
	var b2 map[string][]int
	s := values.Open(dir, keep("a", &a2), keep("b", &b2), keep("d", &d))
	if a2[40000] != 5 {
		t.Error("the change is lost")
	}
	d = a2[5:7]
	s.Write()
	var a3, d3 []float64
	values.Open(dir, keep("d", &d3), keep("a", &a3))
	if &d3[0] != &a3[5] {
		t.Error("two islands have not become one")
	}
	x, _ := values.ReadIndex(dir)
	island := map[string]int{}
	for _, v := range x.Variables {
		island[v.Name] = v.Island
	}
	if island["a"] != island["d"] || island["a"] == island["b"] {
		t.Error(island)
	}
}

func TestForget(t *testing.T) {
	dir := t.TempDir()
	a, b := 1, 2
	write(t, dir, keep("a", &a), keep("b", &b))
	if err := values.Forget(dir, "a"); err != nil {
		t.Fatal(err)
	}
	a, b = 0, 0
	values.Open(dir, keep("a", &a), keep("b", &b))
	if a != 0 || b != 2 || len(files(t, dir)) != 2 {
		t.Error(a, b, files(t, dir))
	}
	os.WriteFile(dir+"/index", []byte("damaged"), 0o600)
	if _, err := values.ReadIndex(dir); err == nil {
		t.Error("a damaged index was read")
	}
	if err := values.Forget(dir); err != nil || len(files(t, dir)) != 1 {
		t.Error(err, files(t, dir))
	}
}

// TestLongList checks that the depth of a structure takes no stack.
func TestLongList(t *testing.T) {
	n := 300_000
	if testing.Short() {
		n = 10_000
	}
	var list *node
	for i := range n {
		list = &node{next: list, v: i}
	}
	dir := t.TempDir()
	if got := write(t, dir, keep("list", &list)); got["list"] != "" {
		t.Fatal(got)
	}
	list = nil
	s := values.Open(dir, keep("list", &list))
	for i, p := n-1, list; i >= 0; i, p = i-1, p.next {
		if p.v != i {
			t.Fatal(i, p.v)
		}
	}
	before := files(t, dir)
	s.Write()
	if !slices.Equal(files(t, dir), before) {
		t.Error("an unchanged list was written")
	}
}

// TestPanic checks that values are written after a panic, by the deferred call.
func TestPanic(t *testing.T) {
	dir := t.TempDir()
	cell(t, dir, "panic")
	var number int
	values.Open(dir, keep("number", &number))
	if number != 3 {
		t.Error(number)
	}
}

func init() {
	cells["panic"] = func(dir string) {
		s := values.Open(dir, keep("number", &number))
		defer s.Write()
		number = 3
		panic("now")
	}
}

// TestKill kills a process that writes again and again: what is read afterwards is the state after one of its writes.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), cellVariable+"=endless", values.DirVariable+"="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "30"; {
	}
	c.Process.Kill()
	c.Wait()
	var number int
	var floats []float64
	values.Open(dir, keep("number", &number), keep("floats", &floats))
	if number < 30 || len(floats) != number {
		t.Error(number, len(floats))
	}
	x, err := values.ReadIndex(dir)
	if err != nil || len(x.Variables) != 2 {
		t.Error(x, err)
	}
}

func init() {
	cells["endless"] = func(dir string) {
		for {
			s := values.Open(dir, keep("number", &number), keep("floats", &floats))
			number++
			floats = append(floats, 1)
			s.Write()
			fmt.Println(number)
		}
	}
}

// TestNeeds checks that the index names what a program must contain to read a variable.
func TestNeeds(t *testing.T) {
	dir := t.TempDir()
	f, e, s := strings.ToUpper, io.EOF, any([]*node{{v: 1}})
	write(t, dir, keep("f", &f), keep("e", &e), keep("s", &s))
	x, err := values.ReadIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]values.Need{
		"f": {values.NeedFunction, "strings", "ToUpper"}, "e": {values.NeedGlobal, "io", "EOF"},
		"s": {values.NeedType, "continuousnet/kernel/values_test", "node"},
	}
	for _, v := range x.Variables {
		if !slices.Contains(v.Needs, want[v.Name]) {
			t.Errorf("%s needs %v, want %v", v.Name, v.Needs, want[v.Name])
		}
	}
}

// TestUnwritten checks that a variable whose file cannot be written, as on a full disk, takes no others along: they are
// written, one that was kept before stays as it was, and a new one is lost with the reason.
func TestUnwritten(t *testing.T) {
	dir := t.TempDir()
	before, other := []int{1}, []int{2}
	write(t, dir, keep("before", &before), keep("other", &other))
	numbers := func() (all []int) {
		for _, f := range files(t, dir) {
			var n int
			if _, err := fmt.Sscanf(f, "island-%d", &n); err == nil {
				all = append(all, n)
			}
		}
		return all
	}
	block := func(n int) { // where the file would be written
		if err := os.MkdirAll(filepath.Join(dir, fmt.Sprintf("island-%d.tmp", n), "x"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	next := slices.Max(numbers()) + 1
	block(next)
	block(next + 1)
	before, other = nil, nil
	fresh := []int{5}
	s := values.Open(dir, keep("before", &before), values.Var{Name: "fresh", Pointer: &fresh, New: true},
		keep("other", &other))
	before[0], other[0] = 3, 4
	s.Write()
	before, other = nil, nil
	values.Open(dir, keep("before", &before), keep("other", &other))
	if len(before) != 1 || before[0] != 1 || len(other) != 1 || other[0] != 4 {
		t.Errorf("before: %v, other: %v", before, other)
	}
	why := lost(t, dir)
	if !strings.Contains(why["fresh"], "could not be written") || why["before"] != "" || why["other"] != "" {
		t.Errorf("%q", why)
	}
}
