package values_test

import (
	"testing"

	"continuousnet/kernel/values"
)

// The types below have one name, as a type that is declared again in a later cell has.
func oldPoint(t *testing.T, dir string) {
	type point struct {
		name string
		x, y float32
		next *point
		tags []string
	}
	p := &point{"a", 1, 2, nil, []string{"t"}}
	p.next = p
	list := []point{{x: 3}, {x: 4, next: p}}
	in := &list[1].x
	var any any = point{x: 9}
	changed := struct{ n string }{"x"}
	if got := write(t, dir, keep("p", &p), keep("list", &list), keep("in", &in),
		keep("any", &any), keep("changed", &changed)); len(got) != 5 {
		t.Fatal(got)
	}
}

// TestRefit reads variables whose types have changed: fields keep their values by name, numbers where every value fits.
func TestRefit(t *testing.T) {
	dir := t.TempDir()
	oldPoint(t, dir)
	type point struct {
		z    complex128
		next *point
		x    float64
		tags []string
		y    float32
	}
	var p *point
	var list []point
	var in *float32
	var changed struct{ n int }
	values.Open(dir, keep("p", &p), keep("list", &list), keep("in", &in),
		keep("changed", &changed))
	if p == nil || p.x != 1 || p.y != 2 || p.next != p || p.tags[0] != "t" || p.z != 0 {
		t.Errorf("%+v", p)
	}
	if len(list) != 2 || list[0].x != 3 || list[1].next != p {
		t.Errorf("%+v", list)
	}
	if in != nil {
		t.Error("a pointer to a field of another type was kept")
	}
	if changed.n != 0 {
		t.Error("a string became a number")
	}
}

func TestNumbers(t *testing.T) {
	dir := t.TempDir()
	a, b, c, d := int32(-5), uint8(200), float64(1.5), []int16{1, -2}
	write(t, dir, keep("a", &a), keep("b", &b), keep("c", &c), keep("d", &d))
	var a2 float64
	var b2 int8
	var c2 float32
	var d2 []int64
	values.Open(dir, keep("a", &a2), keep("b", &b2), keep("c", &c2), keep("d", &d2))
	if a2 != -5 || b2 != 0 || c2 != 0 || len(d2) != 2 || d2[1] != -2 {
		t.Error(a2, b2, c2, d2)
	}
}
