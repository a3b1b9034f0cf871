package values_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"continuousnet/kernel/values"
)

// own has a way of its own, with methods.
type own struct{ f func() int }

func (o *own) MarshalBinary() ([]byte, error) {
	if o.f == nil {
		return nil, errors.New("no function")
	}
	return binary.AppendVarint(nil, int64(o.f())), nil
}

func (o *own) text() string { return "" }

func (o *own) UnmarshalBinary(b []byte) error {
	n, k := binary.Varint(b)
	if k <= 0 {
		return errors.New("no number")
	}
	o.f = func() int { return int(n) }
	return nil
}

// both embeds own and has methods of its own; plain has those of own, which know nothing of name.
type (
	both struct {
		own
		name string
	}
	plain struct {
		*own
		name string
	}
)

func (b *both) MarshalBinary() ([]byte, error)    { return []byte(b.name[len(b.own.text()):]), nil }
func (b *both) UnmarshalBinary(name []byte) error { b.name = string(name) + "!"; return nil }

type registered struct{ ch chan int }

func init() {
	values.Custom(func(r registered) ([]byte, error) { return []byte{byte(cap(r.ch))}, nil },
		func(b []byte) (registered, error) { return registered{make(chan int, b[0])}, nil })
}

// TestOwn checks that types with a way of their own are asked first, and that a pointer to such a value is shared
// afterwards as it was before.
func TestOwn(t *testing.T) {
	dir := t.TempDir()
	o := &own{func() int { return 7 }}
	p, q := o, map[string]*own{"k": o}
	b, pl := both{name: "b"}, plain{o, "plain"}
	r, fails, panics := registered{make(chan int, 9)}, own{}, any(&own{func() int { panic("no") }})
	vars := func() []values.Var {
		return []values.Var{keep("p", &p), keep("q", &q), keep("b", &b), keep("pl", &pl), keep("r", &r),
			keep("fails", &fails), keep("panics", &panics)}
	}
	got := write(t, dir, vars()...)
	for name, want := range map[string]string{"fails": "no function", "panics": "panic: no"} {
		if !strings.Contains(got[name], want) {
			t.Errorf("%s: %q", name, got[name])
		}
		delete(got, name)
	}
	for name, why := range got {
		if why != "" {
			t.Errorf("%s: %s", name, why)
		}
	}
	p, q, b, pl, r = nil, nil, both{}, plain{}, registered{}
	values.Open(dir, vars()...)
	if p.f() != 7 || q["k"] != p || pl.own != p || pl.name != "plain" || b.name != "b!" || cap(r.ch) != 9 {
		t.Error(p, q, b, pl, cap(r.ch))
	}
}
