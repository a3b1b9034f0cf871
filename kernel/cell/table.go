package cell

import (
	"reflect"
	"strconv"
	"unicode/utf8"
)

// What is shown of a table at most; of a longer one its first and last rows.
const (
	maxRows    = 25
	headRows   = 12
	tailRows   = 4
	maxColumns = 24 // of a wider one the first and the last columns
	headCols   = 16
	tailCols   = 4
	maxCell    = 60 // characters
)

// table is a value laid out in rows and columns, cut to what is shown.
type table struct {
	columns []column
	rows    []string // the labels of the rows: numbers, or the keys of a map
	gap     int      // the row before which others are left out, or -1
	count   int      // rows in all
	cut     int      // the column before which others are left out, or -1
	wide    int      // columns in all
}

type column struct {
	name  string
	cells []string
	right bool // numbers and durations
}

// grid is how a value is taken apart for a table.
type grid struct {
	rows   []reflect.Value // those that are shown
	labels []string
	gap    int
	count  int
	wide   int
	name   func(column int) string
	at     func(row reflect.Value, column int) (reflect.Value, bool)
}

// tableOf returns the table of a value of one of these forms, where T is a struct or a pointer to one, without String,
// Error or Format methods, and S a number, string, bool or any: []T, map[string]T (or another simple key), [][]S and
// []map[string]S, or arrays instead of slices. It returns nil for other values and where there is nothing in it.
func tableOf(v reflect.Value) *table {
	for v.Kind() == reflect.Pointer && !v.IsNil() && !hasOwn(v.Type()) {
		v = v.Elem()
		if v.Kind() == reflect.Struct {
			return nil
		}
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
	default:
		return nil
	}
	if v.Len() == 0 || hasOwn(v.Type()) {
		return nil
	}
	g, ok := gridOf(v)
	if !ok || g.wide == 0 {
		return nil
	}
	t := &table{rows: g.labels, gap: g.gap, count: g.count, cut: -1, wide: g.wide}
	for i := 0; i < t.wide; i++ {
		if t.wide > maxColumns && i == headCols {
			t.cut, i = headCols, t.wide-tailCols
		}
		t.columns = append(t.columns, g.column(i))
	}
	return t
}

func gridOf(v reflect.Value) (g grid, ok bool) {
	elem := v.Type().Elem()
	if v.Kind() == reflect.Map {
		if !isSimple(v.Type().Key()) || !isRecord(elem) {
			return g, false
		}
		g.keyed(v)
	} else if isRecord(elem) || isRow(elem) || isDictionary(elem) {
		g.numbered(v)
	} else {
		return g, false
	}
	switch {
	case isRecord(elem):
		g.fields(elem)
	case isRow(elem):
		g.elements()
	default:
		g.entries()
	}
	return g, true
}

// numbered takes the rows from a slice.
func (g *grid) numbered(v reflect.Value) {
	g.count, g.gap = v.Len(), -1
	for i := 0; i < v.Len(); i++ {
		if v.Len() > maxRows && i == headRows {
			g.gap, i = headRows, v.Len()-tailRows
		}
		g.rows = append(g.rows, v.Index(i))
		g.labels = append(g.labels, strconv.Itoa(i))
	}
}

// keyed takes the rows from a map.
func (g *grid) keyed(v reflect.Value) {
	g.count, g.gap = v.Len(), -1
	n := v.Len()
	if n > maxRows {
		n = headRows + tailRows
		g.gap = n
	}
	scans := maxScanned
	for _, key := range firstKeys(v, n, &scans) {
		g.rows = append(g.rows, v.MapIndex(key))
		g.labels = append(g.labels, cellText(key))
	}
}

// fields makes columns of the fields of structs, and of those of structs embedded in them.
func (g *grid) fields(t reflect.Type) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var names []string
	var paths [][]int
	var walk func(t reflect.Type, path []int)
	walk = func(t reflect.Type, path []int) {
		for i := range t.NumField() {
			f := t.Field(i)
			at := append(path[:len(path):len(path)], i)
			switch {
			case f.Name == "_" || !f.IsExported() && !f.Anonymous && isStandard(t.PkgPath()):
			case f.Anonymous && f.Type.Kind() == reflect.Struct && !hasOwn(f.Type):
				walk(f.Type, at)
			case len(paths) < maxFields:
				paths = append(paths, at)
				names = append(names, f.Name)
			}
		}
	}
	walk(t, nil)
	g.wide, g.name = len(names), func(i int) string { return names[i] }
	g.at = func(row reflect.Value, column int) (reflect.Value, bool) {
		if row.Kind() == reflect.Pointer {
			if row.IsNil() {
				return reflect.Value{}, column == 0
			}
			row = row.Elem()
		}
		for _, i := range paths[column] {
			var ok bool
			if row, ok = field(addressable(row), i); !ok {
				return row, false
			}
		}
		return row, true
	}
}

// elements makes columns of the elements of slices, which may differ in length.
func (g *grid) elements() {
	for _, row := range g.rows {
		g.wide = max(g.wide, row.Len())
	}
	g.name = strconv.Itoa
	g.at = func(row reflect.Value, column int) (reflect.Value, bool) {
		if column >= row.Len() {
			return reflect.Value{}, false
		}
		return row.Index(column), true
	}
}

// entries makes columns of the keys of maps.
func (g *grid) entries() {
	all := map[string]bool{}
	scans := maxScanned
	for _, row := range g.rows {
		for _, key := range firstKeys(row, maxFields, &scans) {
			all[key.String()] = true
		}
	}
	scans = maxScanned
	names := firstKeys(reflect.ValueOf(all), maxFields, &scans)
	g.wide, g.name = len(names), func(i int) string { return names[i].String() }
	g.at = func(row reflect.Value, column int) (reflect.Value, bool) {
		v := row.MapIndex(keyOf(row.Type().Key(), names[column].String()))
		return v, v.IsValid()
	}
}

// keyOf returns a string as the key of a map.
func keyOf(t reflect.Type, s string) reflect.Value {
	key := reflect.New(t).Elem()
	key.SetString(s)
	return key
}

func (g *grid) column(i int) column {
	c := column{name: shorten(g.name(i)), cells: make([]string, len(g.rows)), right: true}
	values := make([]reflect.Value, len(g.rows))
	var floats []float64
	allFloats := true
	for r, row := range g.rows {
		if !row.IsValid() { // of a map with the key NaN, which finds nothing
			continue
		}
		v, ok := g.at(row, i)
		if !ok {
			continue
		}
		for v.Kind() == reflect.Interface && !v.IsNil() {
			v = v.Elem()
		}
		values[r] = v
		if !v.IsValid() || isNil(v) {
			c.cells[r] = "nil"
			continue
		}
		c.cells[r] = cellText(v)
		c.right = c.right && isNumeric(v)
		if isFloat(v) {
			floats = append(floats, v.Float())
		} else {
			allFloats = false
		}
	}
	if decimals, ok := decimalsOf(floats); ok && allFloats {
		for r, v := range values {
			if v.IsValid() && isFloat(v) {
				c.cells[r] = fixed(v.Float(), decimals)
			}
		}
	}
	return c
}

// cellText returns a value as the text of a cell, on one line.
func cellText(v reflect.Value) string {
	d := newDescriber()
	d.nodes, d.room = 40, 2*maxCell
	if v.Kind() == reflect.String && !hasOwn(v.Type()) {
		s := v.String()
		if isText(s) && !hasControl(s[:min(len(s), 4*maxCell)]) {
			return shorten(s)
		}
	}
	return shorten(d.value(v, place{depth: 1}).flat())
}

// shorten cuts a text to what a cell holds.
func shorten(s string) string {
	if len(s) <= maxCell {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > maxCell-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// isSimple reports whether values of a type are written in a word.
func isSimple(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Array, reflect.Struct, reflect.Func, reflect.Chan,
		reflect.UnsafePointer, reflect.Interface:
		return false
	}
	return true
}

// isRecord reports whether a type is a struct, or a pointer to one, that is shown by its fields.
func isRecord(t reflect.Type) bool {
	if hasOwn(t) {
		return false
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || hasOwn(t) {
		return false
	}
	for i := range t.NumField() {
		if t.Field(i).IsExported() || !isStandard(t.PkgPath()) {
			return true
		}
	}
	return false
}

// isRow reports whether a type is a slice of what fits into cells. Bytes are text or a number in hexadecimal.
func isRow(t reflect.Type) bool {
	if t.Kind() != reflect.Slice && t.Kind() != reflect.Array || isBytes(t) || hasOwn(t) {
		return false
	}
	return isSimple(t.Elem()) || isTime(t.Elem()) || t.Elem().Kind() == reflect.Interface && t.Elem().NumMethod() == 0
}

// isDictionary reports whether a type is a map from names to what fits into cells.
func isDictionary(t reflect.Type) bool {
	if t.Kind() != reflect.Map || hasOwn(t) || t.Key().Kind() != reflect.String {
		return false
	}
	elem := t.Elem()
	return isSimple(elem) || elem.Kind() == reflect.Interface && elem.NumMethod() == 0
}

func isFloat(v reflect.Value) bool {
	return (v.Kind() == reflect.Float64 || v.Kind() == reflect.Float32) && !hasOwn(v.Type())
}

// isNumeric reports whether a value is a number or a duration.
func isNumeric(v reflect.Value) bool {
	k, t := v.Kind(), v.Type()
	return reflect.Int <= k && k <= reflect.Complex128 && (isDuration(t) || !hasOwn(t))
}

// length returns the number of characters of a cell.
func length(s string) int { return utf8.RuneCountInString(s) }
