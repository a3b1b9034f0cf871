// Package pickle reads Python pickles of plain data: numbers, strings, lists, tuples, dicts and NumPy arrays.
//
//	v, err := pickle.Read(data)
//	labels := v.(pickle.Dict)["labels"].(*pickle.List)
//
// A pickle is a program for a small machine with a stack (its opcodes are described in Python's Lib/pickletools.py),
// which can call any function of Python. Nothing is executed here: the few calls that NumPy's arrays are made with are
// recognised, and everything else is an error.
package pickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"
)

// Read returns the value that a pickle of protocol 0 to 5 stands for. Strings share the memory of data, which must not
// be changed afterwards. Errors say at which byte.
func Read(data []byte) (any, error) {
	m := machine{data: unsafe.String(unsafe.SliceData(data), len(data)), memo: map[int]any{}}
	for {
		at := m.at
		done, err := m.step()
		if err != nil {
			return nil, fmt.Errorf("byte %d: %w", at, err)
		}
		if done {
			return m.stack[0], nil
		}
	}
}

// machine runs the opcodes.
type machine struct {
	data  string
	at    int
	stack []any
	marks []int // lengths of the stack
	memo  map[int]any
}

var (
	errEnd   = errors.New("the data ends early; the file is truncated")
	errStack = errors.New("a value is missing; the file is damaged")
)

// take returns the next n bytes.
func (m *machine) take(n uint64) (string, error) {
	if n > uint64(len(m.data)-m.at) {
		return "", errEnd
	}
	s := m.data[m.at:][:n]
	m.at += int(n)
	return s, nil
}

// number returns the next little-endian number of n bytes.
func (m *machine) number(n uint64) (uint64, error) {
	s, err := m.take(n)
	var b [8]byte
	copy(b[:], s)
	return binary.LittleEndian.Uint64(b[:]), err
}

// sized returns as many bytes as a number of n bytes says.
func (m *machine) sized(n uint64) (string, error) {
	size, err := m.number(n)
	if err != nil {
		return "", err
	}
	return m.take(size)
}

// line returns the text up to the end of the line.
func (m *machine) line() (string, error) {
	n := strings.IndexByte(m.data[m.at:], '\n')
	if n < 0 {
		return "", errEnd
	}
	s := m.data[m.at:][:n]
	m.at += n + 1
	return s, nil
}

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

// floor is the length below which the stack belongs to what is before the last mark.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) pop() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, errStack
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

// popMark returns what is above the last mark.
func (m *machine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errStack
	}
	from := m.floor()
	items := append([]any(nil), m.stack[from:]...)
	m.stack, m.marks = m.stack[:from], m.marks[:len(m.marks)-1]
	return items, nil
}

// top returns the value on top of the stack, which is of type T.
func top[T any](m *machine) (v T, err error) {
	if len(m.stack) <= m.floor() {
		return v, errStack
	}
	v, ok := m.stack[len(m.stack)-1].(T)
	if !ok {
		return v, fmt.Errorf("a %T where a %T is expected; the file is damaged", m.stack[len(m.stack)-1], v)
	}
	return v, nil
}

// popAs pops a value of type T.
func popAs[T any](m *machine) (T, error) {
	v, err := top[T](m)
	if err == nil {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return v, err
}

// step runs an opcode and reports whether it was the last one.
func (m *machine) step() (done bool, err error) {
	op, err := m.take(1)
	if err != nil {
		return false, err
	}
	if v, ok, err := m.literal(op[0]); ok || err != nil {
		m.push(v)
		return false, err
	}
	switch op[0] {
	case '.': // STOP
		if len(m.stack) != 1 || len(m.marks) > 0 {
			return false, errStack
		}
		return true, nil
	case 0x80: // PROTO
		version, err := m.number(1)
		if err == nil && version > 5 {
			err = fmt.Errorf("protocol %d, want 0 to 5", version)
		}
		return false, err
	case 0x95: // FRAME
		_, err = m.take(8)
	case '(': // MARK
		m.marks = append(m.marks, len(m.stack))
	case '0': // POP
		_, err = m.pop()
	case '1': // POP_MARK
		_, err = m.popMark()
	case 'p', 'q', 'r', 0x94, 'g', 'h', 'j':
		err = m.remember(op[0])
	case 't', 'l', 'd', 0x85, 0x86, 0x87, 'a', 'e', 's', 'u':
		err = m.collect(op[0])
	case 'c', 0x93, 'R', 'b':
		err = m.object(op[0])
	default:
		err = fmt.Errorf("opcode %#02x: a pickle is a program, and only plain data and arrays are read", op[0])
	}
	return false, err
}

// literal returns the value of an opcode that stands for one.
func (m *machine) literal(op byte) (v any, ok bool, err error) {
	ok = true
	switch op {
	case 'N': // NONE
		v = nil
	case 0x88: // NEWTRUE
		v = true
	case 0x89: // NEWFALSE
		v = false
	case 'K', 'M', 'J': // BININT1, BININT2, BININT
		size := map[byte]uint64{'K': 1, 'M': 2, 'J': 4}[op]
		var n uint64
		n, err = m.number(size)
		v = int64(n)
		if op == 'J' {
			v = int64(int32(n))
		}
	case 0x8a: // LONG1
		v, err = m.long()
	case 'I', 'L': // INT, LONG
		v, err = m.decimal()
	case 'F': // FLOAT
		var text string
		if text, err = m.line(); err == nil {
			v, err = strconv.ParseFloat(text, 64)
		}
	case 'G': // BINFLOAT
		var s string
		if s, err = m.take(8); err == nil {
			v = math.Float64frombits(binary.BigEndian.Uint64([]byte(s)))
		}
	case 'U', 'C', 0x8c: // SHORT_BINSTRING, SHORT_BINBYTES, SHORT_BINUNICODE
		v, err = m.sized(1)
	case 'T', 'B', 'X': // BINSTRING, BINBYTES, BINUNICODE
		v, err = m.sized(4)
	case 0x8d, 0x8e, 0x96: // BINUNICODE8, BINBYTES8, BYTEARRAY8
		v, err = m.sized(8)
	case 'S': // STRING
		var text string
		if text, err = m.line(); err == nil {
			v, err = unquote(text)
		}
	case 'V': // UNICODE
		var text string
		if text, err = m.line(); err == nil {
			v, err = rawUnicode(text)
		}
	case '}': // EMPTY_DICT
		v = Dict{}
	case ']', ')': // EMPTY_LIST, EMPTY_TUPLE
		v = &List{}
	default:
		ok = false
	}
	return v, ok, err
}

// long reads a little-endian integer in two's complement, whose length in bytes comes first.
func (m *machine) long() (int64, error) {
	s, err := m.sized(1)
	if err != nil {
		return 0, err
	}
	if len(s) > 8 {
		return 0, fmt.Errorf("an integer of %d bytes, want at most 8", len(s))
	}
	var n int64
	for i := range len(s) {
		n |= int64(s[i]) << (8 * i)
	}
	if len(s) > 0 && len(s) < 8 && s[len(s)-1]&0x80 != 0 {
		n -= 1 << (8 * len(s))
	}
	return n, nil
}

// decimal reads an integer as a line of text. 00 and 01 are False and True, and Python 2 puts an L behind some.
func (m *machine) decimal() (any, error) {
	text, err := m.line()
	if err != nil {
		return nil, err
	}
	switch text {
	case "00":
		return false, nil
	case "01":
		return true, nil
	}
	return strconv.ParseInt(strings.TrimSuffix(text, "L"), 10, 64)
}

// unquote reads a string as Python 2's repr writes it.
func unquote(text string) (string, error) {
	if n := len(text); n < 2 || text[0] != text[n-1] || text[0] != '\'' && text[0] != '"' {
		return "", fmt.Errorf("the string %.40q is not in quotes", text)
	}
	var b strings.Builder
	quote, rest := text[0], text[1:len(text)-1]
	for rest != "" {
		c, _, tail, err := strconv.UnquoteChar(rest, quote)
		if err != nil {
			return "", fmt.Errorf("the string %.40q: %w", text, err)
		}
		if rest[0] == '\\' || c < 0x80 {
			b.WriteByte(byte(c))
		} else {
			b.WriteString(rest[:len(rest)-len(tail)])
		}
		rest = tail
	}
	return b.String(), nil
}

// rawUnicode reads a text in Python's raw-unicode-escape: characters below 256 stand for themselves, in one byte.
func rawUnicode(text string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		digits := 0
		if rest := text[i:]; strings.HasPrefix(rest, `\u`) {
			digits = 4
		} else if strings.HasPrefix(rest, `\U`) {
			digits = 8
		}
		if digits == 0 {
			b.WriteRune(rune(text[i]))
			continue
		}
		if len(text) < i+2+digits {
			return "", errEnd
		}
		r, err := strconv.ParseUint(text[i+2:][:digits], 16, 31)
		if err != nil {
			return "", err
		}
		b.WriteRune(rune(r))
		i += 1 + digits
	}
	return b.String(), nil
}

// remember puts the value on top of the stack into the memo, or gets one from there.
func (m *machine) remember(op byte) error {
	var index uint64
	var err error
	switch op {
	case 'p', 'g': // PUT, GET
		var text string
		if text, err = m.line(); err == nil {
			index, err = strconv.ParseUint(text, 10, 31)
		}
	case 'q', 'h': // BINPUT, BINGET
		index, err = m.number(1)
	case 'r', 'j': // LONG_BINPUT, LONG_BINGET
		index, err = m.number(4)
	case 0x94: // MEMOIZE
		index = uint64(len(m.memo))
	}
	if err != nil {
		return err
	}
	if op == 'g' || op == 'h' || op == 'j' {
		v, ok := m.memo[int(index)]
		if !ok {
			return fmt.Errorf("nothing was remembered as %d; the file is damaged", index)
		}
		m.push(v)
		return nil
	}
	if len(m.stack) <= m.floor() {
		return errStack
	}
	m.memo[int(index)] = m.stack[len(m.stack)-1]
	return nil
}

// collect makes lists, tuples and dicts, and adds to them.
func (m *machine) collect(op byte) error {
	var items []any
	var err error
	switch op {
	case 0x85, 0x86, 0x87: // TUPLE1, TUPLE2, TUPLE3
		n := int(op - 0x84)
		if len(m.stack)-m.floor() < n {
			return errStack
		}
		items = append(items, m.stack[len(m.stack)-n:]...)
		m.stack = m.stack[:len(m.stack)-n]
		m.push(&List{items})
		return nil
	case 'a', 's': // APPEND, SETITEM
		n := map[byte]int{'a': 1, 's': 2}[op]
		if len(m.stack)-m.floor() < n {
			return errStack
		}
		items = append(items, m.stack[len(m.stack)-n:]...)
		m.stack = m.stack[:len(m.stack)-n]
	default:
		if items, err = m.popMark(); err != nil {
			return err
		}
	}
	switch op {
	case 't', 'l': // TUPLE, LIST
		m.push(&List{items})
		return nil
	case 'd': // DICT
		d := Dict{}
		m.push(d)
		return d.set(items)
	case 'a', 'e': // APPEND, APPENDS
		list, err := top[*List](m)
		if err != nil {
			return err
		}
		list.Items = append(list.Items, items...)
		return nil
	}
	d, err := top[Dict](m) // SETITEM, SETITEMS
	if err != nil {
		return err
	}
	return d.set(items)
}

// set sets pairs of keys and values.
func (d Dict) set(items []any) error {
	if len(items)%2 != 0 {
		return errStack
	}
	for i := 0; i < len(items); i += 2 {
		key, ok := items[i].(string)
		if !ok {
			return fmt.Errorf("a key of a dict is a %T, want strings", items[i])
		}
		d[key] = items[i+1]
	}
	return nil
}

// object makes names, and of these arrays.
func (m *machine) object(op byte) error {
	switch op {
	case 'c', 0x93: // GLOBAL, STACK_GLOBAL
		var module, name string
		var err error
		if op == 'c' {
			if module, err = m.line(); err == nil {
				name, err = m.line()
			}
		} else if name, err = popAs[string](m); err == nil {
			module, err = popAs[string](m)
		}
		if err != nil {
			return err
		}
		g, err := named(module, name)
		m.push(g)
		return err
	case 'R': // REDUCE
		args, err := popAs[*List](m)
		if err != nil {
			return err
		}
		f, err := popAs[global](m)
		if err != nil {
			return err
		}
		v, err := call(f, args)
		m.push(v)
		return err
	}
	state, err := popAs[*List](m) // BUILD
	if err != nil {
		return err
	}
	v, err := top[any](m)
	if err != nil {
		return err
	}
	return build(v, state)
}
