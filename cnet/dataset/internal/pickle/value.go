package pickle

import "fmt"

// A value is one of Go's nil, bool, int64, float64 and string, or of the types below. Python's str, bytes and bytearray
// are all strings: Python 2, which wrote the files that there are, does not tell them apart.

// List is a Python list or tuple.
type List struct{ Items []any }

// Dict is a Python dict, whose keys are strings.
type Dict map[string]any

// Array is a NumPy array of unsigned bytes or of integers.
type Array struct {
	Shape   []int
	Type    string // as NumPy names it: "|u1", "<i8"
	Fortran bool   // the first index runs fastest
	Data    string
}

// global is a name in a Python module, of the few that arrays are made with.
type global string

// dtype is a NumPy type: its name without the byte order, and the byte order.
type dtype struct{ name, order string }

// The names that are known. Whatever else a pickle names is refused.
const (
	reconstruct global = "numpy.core.multiarray._reconstruct"
	frombuffer  global = "numpy.core.numeric._frombuffer"
	ndarray     global = "numpy.ndarray"
	dtypeName   global = "numpy.dtype"
	encode      global = "_codecs.encode"
)

// newNames are what NumPy 2 calls some of them.
var newNames = map[global]global{
	"numpy._core.multiarray._reconstruct": reconstruct,
	"numpy._core.numeric._frombuffer":     frombuffer,
}

// named returns the name, if it is known.
func named(module, name string) (global, error) {
	g := global(module + "." + name)
	if known, ok := newNames[g]; ok {
		g = known
	}
	switch g {
	case reconstruct, frombuffer, ndarray, dtypeName, encode:
		return g, nil
	}
	return "", fmt.Errorf("it calls %.80q: a pickle is a program, and only plain data and arrays are read", string(g))
}

// call returns the value of the few calls of which arrays are made; nothing is executed.
func call(f any, args *List) (any, error) {
	arg := func(i int) any {
		if i < len(args.Items) {
			return args.Items[i]
		}
		return nil
	}
	switch f {
	case reconstruct: // BUILD fills it
		if arg(0) == ndarray {
			return &Array{}, nil
		}
	case dtypeName:
		if name, ok := arg(0).(string); ok {
			return &dtype{name, "|"}, nil
		}
	case encode: // how Python 3 writes bytes for Python 2
		text, isText := arg(0).(string)
		if isText && arg(1) == "latin1" {
			return latin1(text)
		}
	case frombuffer:
		d, isType := arg(1).(*dtype)
		data, isData := arg(0).(string)
		if isType && isData && len(args.Items) == 4 {
			a := &Array{Type: d.order + d.name, Fortran: arg(3) == "F", Data: data}
			return a, a.setShape(arg(2))
		}
	}
	return nil, fmt.Errorf("a call of %v with other arguments than NumPy writes", f)
}

// latin1 returns the bytes of a text whose characters stand for one each.
func latin1(text string) (string, error) {
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return "", fmt.Errorf("bytes with the character %q", r)
		}
		b = append(b, byte(r))
	}
	return string(b), nil
}

// build fills an array or a type with its state, as NumPy's __setstate__ does.
func build(v any, state *List) error {
	switch v := v.(type) {
	case *dtype: // version, byte order, ...
		if len(state.Items) >= 2 {
			if order, ok := state.Items[1].(string); ok && len(order) == 1 {
				v.order = order
				return nil
			}
		}
	case *Array: // version, shape, type, whether Fortran's order, data
		if len(state.Items) != 5 {
			break
		}
		d, isType := state.Items[2].(*dtype)
		fortran, isBool := state.Items[3].(bool)
		if n, isInt := state.Items[3].(int64); isInt { // in Python 2
			fortran, isBool = n != 0, true
		}
		data, isData := state.Items[4].(string)
		if isType && isBool && isData {
			v.Type, v.Fortran, v.Data = d.order+d.name, fortran, data
			return v.setShape(state.Items[1])
		}
	}
	return fmt.Errorf("the state of a %T is not as NumPy writes it", v)
}

// maxRank bounds the dimensions of an array.
const maxRank = 8

func (a *Array) setShape(v any) error {
	list, ok := v.(*List)
	if !ok || len(list.Items) > maxRank {
		return fmt.Errorf("the shape of an array is a %T, want a tuple of at most %d numbers", v, maxRank)
	}
	a.Shape = nil
	for _, item := range list.Items {
		n, ok := item.(int64)
		if !ok || n < 0 || n > 1<<40 {
			return fmt.Errorf("a dimension of an array is %T, want a number from 0", item)
		}
		a.Shape = append(a.Shape, int(n))
	}
	return nil
}
