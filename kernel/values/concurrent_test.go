//go:build !race

// What this test is about is a race, of a cell with its own goroutine; the detector would report it.

package values_test

import (
	"fmt"
	"testing"

	"continuousnet/kernel/values"
)

var (
	busyMap   map[int]int
	busyNames map[string]string
	busyList  []int
	busyNode  *node
)

func init() {
	cells["busy"] = func(dir string) {
		s := values.Open(dir, keep("busyMap", &busyMap), keep("busyNames", &busyNames),
			keep("busyList", &busyList), keep("busyNode", &busyNode), keep("number", &number))
		busyMap, busyNames = map[int]int{}, map[string]string{}
		number = 5
		started := make(chan bool)
		go func() {
			for i := 0; ; i++ {
				busyMap[i%100_000] = i
				if i%7 == 0 {
					delete(busyMap, i%1000)
				}
				if busyNames[fmt.Sprint(i%5000)] = "x"; i%50_000 == 0 {
					clear(busyNames)
				}
				busyList = append(busyList, i)
				busyNode = &node{next: busyNode, v: i}
				if i%1000 == 0 {
					busyNode = nil
				}
				if i == 10_000 {
					close(started)
				}
			}
		}()
		<-started
		s.Write()
	}
}

// TestBusyGoroutine writes variables that a goroutine of the cell still changes: the cell ends well, and what is read
// is a state or a mixture of states. Other variables are kept in any case.
func TestBusyGoroutine(t *testing.T) {
	dir := t.TempDir()
	if out := cell(t, dir, "busy"); out != "" {
		t.Fatal(out)
	}
	var m map[int]int
	var l []int
	var n int
	values.Open(dir, keep("busyMap", &m), keep("busyList", &l), keep("number", &n))
	if n != 5 {
		t.Error(n)
	}
	for k := range m {
		if k < 0 || k >= 100_000 {
			t.Fatal(k)
		}
	}
}
