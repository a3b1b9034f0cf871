package statedict

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// An array in NumPy's format (NEP 1, https://numpy.org/neps/nep-0001-npy-format.html, and numpy.lib.format): the magic,
// the version, the length of the header in 2 bytes (version 1) or 4 (versions 2 and 3), the header, which is a dict of
// Python padded with spaces to a multiple of 64 bytes, and the data.
const (
	npyMagic     = "\x93NUMPY"
	npyAlignment = 64
	// maxArrayHeader is far above the 10,000 bytes that NumPy accepts itself.
	maxArrayHeader = 1 << 16
)

// array is a checked header.
type array struct {
	dtype   dtype
	order   binary.ByteOrder
	fortran bool // the first index runs fastest
	shape   []int
	count   int // of values
	length  int // of everything before the data
}

// The entries of a header, in whatever order and spacing. Python 2 wrote an L after large integers.
var (
	descrEntry   = regexp.MustCompile(`['"]descr['"]\s*:\s*['"]([<>|=])([\w\[\]]+)['"]`)
	fortranEntry = regexp.MustCompile(`['"]fortran_order['"]\s*:\s*(True|False)`)
	shapeEntry   = regexp.MustCompile(`['"]shape['"]\s*:\s*\(((?:\s*\d+L?\s*,)*\s*(?:\d+L?\s*)?)\)`)
	emptyDict    = regexp.MustCompile(`^\s*\{\s*(,\s*){2,3}\}\s*$`)
)

func readArrayHeader(r io.Reader) (array, error) {
	var b [12]byte
	if _, err := io.ReadFull(r, b[:8]); err != nil || string(b[:6]) != npyMagic {
		if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("no .npy array; expected one written by NumPy")
		}
		return array{}, err
	}
	prefix, length := 10, 0
	switch major := b[6]; major {
	case 1:
		if _, err := io.ReadFull(r, b[8:10]); err != nil {
			return array{}, err
		}
		length = int(binary.LittleEndian.Uint16(b[8:]))
	case 2, 3:
		if _, err := io.ReadFull(r, b[8:12]); err != nil {
			return array{}, err
		}
		prefix, length = 12, int(min(binary.LittleEndian.Uint32(b[8:]), maxArrayHeader+1))
	default:
		return array{}, fmt.Errorf("version %d of the .npy format; expected 1 to 3", major)
	}
	if length > maxArrayHeader {
		return array{}, fmt.Errorf("a header of more than %d bytes; the file is damaged", maxArrayHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return array{}, err
	}
	a, err := parseArrayHeader(string(text))
	a.length = prefix + length
	return a, err
}

// parseArrayHeader takes the three entries out and expects nothing but the dict around them to be left.
func parseArrayHeader(text string) (array, error) {
	descr, fortran, shape := descrEntry.FindStringSubmatch(text), fortranEntry.FindStringSubmatch(text),
		shapeEntry.FindStringSubmatch(text)
	if descr == nil || fortran == nil || shape == nil {
		return array{}, fmt.Errorf("header %.200q; expected the type of plain numbers ('<f4'), fortran_order and shape",
			strings.TrimSpace(text))
	}
	rest := strings.NewReplacer(descr[0], "", fortran[0], "", shape[0], "").Replace(text)
	if !emptyDict.MatchString(rest) {
		return array{}, fmt.Errorf("header %.200q; expected descr, fortran_order and shape and nothing else",
			strings.TrimSpace(text))
	}
	a := array{fortran: fortran[1] == "True", order: binary.LittleEndian}
	if descr[1] == ">" {
		a.order = binary.BigEndian
	}
	for _, d := range dtypes {
		if d.npy == descr[2] {
			a.dtype = d
		}
	}
	// Files never say "native", and only single bytes are of no order.
	if a.dtype.size == 0 || descr[1] == "=" || descr[1] == "|" && a.dtype.size > 1 {
		return array{}, &TypeError{descr[1] + descr[2]}
	}
	a.shape = []int{}
	for s := range strings.SplitSeq(shape[1], ",") {
		if s = strings.TrimSuffix(strings.TrimSpace(s), "L"); s == "" {
			continue
		}
		d, err := strconv.Atoi(s)
		if err != nil {
			return array{}, fmt.Errorf("shape (%.200s): %w", shape[1], err)
		}
		a.shape = append(a.shape, d)
	}
	var err error
	a.count, err = count(a.shape)
	return a, err
}

// TypeError is the error for an array of a type that is not read.
type TypeError struct {
	Type string // with the byte order, as NumPy writes it: |O, <U3
}

func (e *TypeError) Error() string {
	what := ""
	switch e.Type[1] {
	case 'O':
		what = "Python objects"
	case 'U', 'S':
		what = "text"
	case 'V':
		what = "raw bytes"
	case 'M', 'm':
		what = "times"
	case 'c':
		what = "complex numbers"
	default:
		return fmt.Sprintf("values of type %s cannot be read; convert with .astype('float32') before saving", e.Type)
	}
	return fmt.Sprintf("values of type %s cannot be read: they are %s; expected real numbers", e.Type, what)
}

// arrayHeader returns all that stands before the data of a tensor.
func arrayHeader(t Tensor) []byte {
	d, _ := dtypeNamed(t.DType)
	var shape strings.Builder
	for _, n := range t.Shape {
		fmt.Fprintf(&shape, "%d, ", n) // the comma that makes (3,) a tuple does no harm elsewhere
	}
	text := fmt.Sprintf("{'descr': '<%s', 'fortran_order': False, 'shape': (%s), }", d.npy,
		strings.TrimSpace(shape.String()))
	prefix := len(npyMagic) + 4
	for (prefix+len(text)+1)%npyAlignment != 0 {
		text += " "
	}
	text += "\n"
	b := append([]byte(npyMagic), 1, 0)
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(text))), text...)
}

// RowMajor returns values of an array in which the first index runs fastest in the order in which the last one does.
func RowMajor[T any](values []T, shape []int) []T {
	out := make([]T, len(values))
	index := make([]int, len(shape))
	for _, v := range values {
		to := 0
		for i, n := range shape {
			to = to*n + index[i]
		}
		out[to] = v
		for i := range index { // the next index, the first running fastest
			if index[i]++; index[i] < shape[i] {
				break
			}
			index[i] = 0
		}
	}
	return out
}
