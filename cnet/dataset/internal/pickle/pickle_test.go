package pickle

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

// The files in testdata are written by Python 3.13 and NumPy 2.4 with all protocols:
//
//	{'data': numpy.arange(8, dtype=numpy.uint8).reshape(2, 4) * 31, 'labels': [3, -1, 70000, 2**40],
//	 'names': ['cat', "a'\"\n\x00"], 'raw': b'\x00\xff\n', 'f': (1.5, True, None), 'e': [], 't': ()}
func TestRead(t *testing.T) {
	want := Dict{
		"data":   &Array{Shape: []int{2, 4}, Type: "|u1", Data: "\x00\x1f\x3e\x5d\x7c\x9b\xba\xd9"},
		"labels": &List{[]any{int64(3), int64(-1), int64(70000), int64(1 << 40)}},
		"raw":    "\x00\xff\n", "f": &List{[]any{1.5, true, nil}}, "e": &List{}, "t": &List{},
	}
	for protocol := range 6 {
		v, err := Read(fixture(t, protocol))
		if err != nil {
			t.Errorf("protocol %d: %v", protocol, err)
			continue
		}
		got := v.(Dict)
		names := got["names"].(*List)
		delete(got, "names")
		if !same(got, want) {
			t.Errorf("protocol %d: %v", protocol, got)
		}
		if names.Items[0] != "cat" || names.Items[1] != "a'\"\n\x00" {
			t.Errorf("protocol %d: %q", protocol, names.Items)
		}
	}
}

// same compares values; an empty list may be nil or not.
func same(a, b any) bool {
	x, isList := a.(*List)
	y, bothLists := b.(*List)
	if isList && bothLists {
		if len(x.Items) != len(y.Items) {
			return false
		}
		for i := range x.Items {
			if !same(x.Items[i], y.Items[i]) {
				return false
			}
		}
		return true
	}
	d, isDict := a.(Dict)
	e, bothDicts := b.(Dict)
	if isDict && bothDicts {
		for key := range e {
			if !same(d[key], e[key]) {
				return false
			}
		}
		return len(d) == len(e)
	}
	return reflect.DeepEqual(a, b)
}

func fixture(t testing.TB, protocol int) []byte {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("testdata/protocol%d.pickle", protocol))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What Python 2 writes.
func TestReadPython2(t *testing.T) {
	for text, want := range map[string]any{
		"(dp1\nS'names'\np2\n(lp3\nS'it\\'s'\np4\naS\"b\\xff\\n\"\nasS'n'\nI10000\nsS'l'\nL12L\nsS't'\nI01\ns.": Dict{
			"names": &List{[]any{"it's", "b\xff\n"}}, "n": int64(10000), "l": int64(12), "t": true},
		"\x80\x02}q\x01(U\x06labelsq\x02]q\x03(K\x06M\x10\x27J\xff\xff\xff\xffeU\x01xh\x03u.": Dict{
			"labels": &List{[]any{int64(6), int64(10000), int64(-1)}},
			"x":      &List{[]any{int64(6), int64(10000), int64(-1)}}},
		"\x80\x02\x8a\x02\xff\x7f.": int64(32767),
		"\x80\x02\x8a\x01\xff.":     int64(-1),
		"\x80\x02\x8a\x00.":         int64(0),
		"F1.5\n.":                   1.5,
	} {
		if got, err := Read([]byte(text)); err != nil || !same(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
}

// A pickle that calls anything but what arrays are made of, or is damaged, is refused.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"cos\nsystem\n(S'touch /tmp/x'\ntR.":              `byte 0: it calls "os.system": a pickle is a program`,
		"c__builtin__\neval\n(S'1'\ntR.":                  `it calls "__builtin__.eval"`,
		"\x80\x04\x8c\x02os\x8c\x06system\x93.":           `it calls "os.system"`,
		"\x80\x04\x8c\x08builtins\x8c\x04exec\x93N\x85R.": `it calls "builtins.exec"`,
		"(S'x'\nios\nsystem\n.":                           "opcode 0x69: a pickle is a program",     // INST
		"\x80\x02cnumpy\nndarray\n)\x81.":                 "opcode 0x81: a pickle is a program",     // NEWOBJ
		"P1\n.":                                           "opcode 0x50",                            // PERSID
		"cnumpy.core.multiarray\n_reconstruct\n)R.":       "with other arguments than NumPy writes", // no ndarray
		"cnumpy\ndtype\nN\x85R.":                          "with other arguments than NumPy writes",
		"cnumpy\nndarray\n)R.":                            "a call of numpy.ndarray with other arguments",
		"cnumpy\ndtype\nU\x02u1\x85R)b.":                  "the state of a *pickle.dtype is not as NumPy",
		"K\x01)b.":                                        "the state of a int64",
		"":                                                "byte 0: the data ends early",
		"\x80\x09.":                                       "protocol 9, want 0 to 5",
		"U\xffabc.":                                       "the data ends early",
		"\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc.":        "the data ends early",
		"X\xff\xff\xff\x7fabc.":                           "the data ends early",
		"h\x07.":                                          "nothing was remembered as 7",
		".":                                               "a value is missing",
		"K\x01K\x02.":                                     "a value is missing",
		"a.":                                              "a value is missing",
		"(K\x01a.":                                        "a value is missing",
		"e.":                                              "a value is missing",
		"K\x01K\x02a.":                                    "a int64 where a *pickle.List is expected",
		"}K\x01K\x02s.":                                   "a key of a dict is a int64, want strings",
		"}(K\x01u.":                                       "a value is missing",
		"\x8a\x09aaaaaaaaa.":                              "an integer of 9 bytes, want at most 8",
		"Iabc\n.":                                         "invalid syntax",
		"S'abc\n.":                                        "is not in quotes",
		"S'a\\q'\n.":                                      "invalid syntax",
		"S'abc":                                           "the data ends early",
		"p99999999999\n.":                                 "out of range",
	} {
		_, err := Read([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for protocol := range 6 {
		data := fixture(t, protocol)
		for n := range data {
			if _, err := Read(data[:n]); err == nil {
				t.Errorf("protocol %d: the first %d bytes of %d are read", protocol, n, len(data))
			}
		}
	}
	// A dict in itself, as the shape of an array.
	_, err := Read([]byte("}q\x01U\x01xh\x01s0" +
		"cnumpy.core.numeric\n_frombuffer\n(U\x00cnumpy\ndtype\nU\x02u1\x85Rh\x01\x85U\x01CtR."))
	if err == nil || !strings.Contains(err.Error(), "a dimension of an array is pickle.Dict") {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	for protocol := range 6 {
		f.Add(fixture(f, protocol))
	}
	f.Add([]byte("cos\nsystem\n(S'true'\ntR."))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = Read(data) // no panic, and no more memory than a few times the data
	})
}
