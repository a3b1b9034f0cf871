package values

import (
	"fmt"
	"go/constant"
	"go/token"
	"math"
	"reflect"
	"strconv"
	"testing"
)

// samePlain compares a plain value with the one that was written.
func samePlain(t *testing.T, p Plain, v reflect.Value, path string) {
	t.Helper()
	if p.Kind != v.Kind() {
		t.Fatalf("%s: %v is a %v", path, v.Kind(), p.Kind)
	}
	number := func(text string) float64 {
		f, _ := constant.Float64Val(constant.ToFloat(constant.MakeFromLiteral(text, token.FLOAT, 0)))
		return f
	}
	same := true
	switch v.Kind() {
	case reflect.Bool:
		same = p.Text == fmt.Sprint(v.Bool())
	case reflect.String:
		text, err := strconv.Unquote(p.Text)
		same = err == nil && text == v.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		same = p.Text == strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		same = p.Text == strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(p.Text, 64)
		same = err == nil && math.Float64bits(f) == math.Float64bits(v.Float()) &&
			(p.Text[0] == '-' || number(p.Text) == v.Float())
	case reflect.Complex64, reflect.Complex128:
		var re, im float64
		_, err := fmt.Sscanf(p.Text, "complex(%g, %g)", &re, &im)
		same = err == nil && complex(re, im) == v.Complex()
	case reflect.Struct:
		for i := range v.NumField() {
			same = same && p.Names[i] == v.Type().Field(i).Name
			samePlain(t, p.Parts[i], v.Field(i), path+"."+p.Names[i])
		}
	case reflect.Slice, reflect.Array:
		same = len(p.Parts) == v.Len() && p.Nil == (v.Kind() == reflect.Slice && v.IsNil()) &&
			(v.Kind() == reflect.Array || v.Len() == v.Cap())
		for i := range p.Parts {
			samePlain(t, p.Parts[i], v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Map:
		same = len(p.Keys) == v.Len() && p.Nil == v.IsNil()
	default:
		same = false
	}
	if !same {
		t.Fatalf("%s: %v is %+v", path, v, p)
	}
}

// TestReadPlain checks which values are plain, and the two of a map.
func TestReadPlain(t *testing.T) {
	dir := t.TempDir()
	small, big, text := int8(-128), uint64(math.MaxUint64), "\x00é`\xff"
	bits, tiny := float32(0.1), math.SmallestNonzeroFloat64
	m := map[string][]bool{"x": {true, false}}
	var none []int
	nan, inf, empty := math.NaN(), []float64{math.Inf(1)}, []struct{}{{}}
	row := []int{1}
	rows, face, p := [][]int{row, row}, any(1), &small
	vars := []Var{}
	plain := map[string]any{"small": &small, "big": &big, "text": &text, "bits": &bits, "tiny": &tiny, "m": &m,
		"none": &none}
	others := map[string]any{"nan": &nan, "inf": &inf, "empty": &empty, "rows": &rows, "face": &face}
	for _, all := range []map[string]any{plain, others} {
		for name, pointer := range all {
			vars = append(vars, Var{Name: name, Pointer: pointer})
		}
	}
	Open(dir, vars...).Write()
	for name, pointer := range plain {
		v, ok := ReadPlain(dir, name)
		if !ok {
			t.Errorf("%s is not plain", name)
			continue
		}
		samePlain(t, v, reflect.ValueOf(pointer).Elem(), name)
	}
	for name := range others {
		if v, ok := ReadPlain(dir, name); ok {
			t.Errorf("%s is plain: %+v", name, v)
		}
	}
	if v, _ := ReadPlain(dir, "m"); len(v.Keys) != 1 || v.Keys[0].Text != `"x"` || len(v.Parts[0].Parts) != 2 {
		t.Errorf("m: %+v", v)
	}
	if _, ok := ReadPlain(dir, "nobody"); ok {
		t.Error("a variable that is not there is plain")
	}
	Open(dir, Var{Name: "p", Pointer: &p, New: true}, Var{Name: "small", Pointer: &small, New: true}).Write()
	if _, ok := ReadPlain(dir, "small"); ok {
		t.Error("a variable that another points to is plain")
	}
}
