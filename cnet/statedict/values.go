package statedict

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// readValues reads n values. The caller has made sure that n is no more than the file can hold.
func readValues(r io.Reader, d dtype, order binary.ByteOrder, n int) ([]float64, error) {
	values := make([]float64, 0, n)
	buf := make([]byte, min(n*d.size, 1<<16))
	for len(values) < n {
		b := buf[:min(len(buf), (n-len(values))*d.size)]
		if _, err := io.ReadFull(r, b); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = fmt.Errorf("the data ends before value %d of %d; the file is truncated", len(values)+1, n)
			}
			return nil, err
		}
		for ; len(b) > 0; b = b[d.size:] {
			v, exact := d.value(d.load(b, order))
			if !exact {
				return nil, fmt.Errorf("value %d is an integer beyond 2^53, which float64 cannot hold; store it as F64",
					len(values))
			}
			values = append(values, v)
		}
	}
	return values, nil
}

// writeValues writes the values of a tensor that check has seen, little-endian.
func writeValues(w io.Writer, t Tensor) error {
	d, _ := dtypeNamed(t.DType)
	buf := make([]byte, 0, 1<<16)
	for i, v := range t.Values {
		bits, exact := d.bits(v)
		if !exact {
			return fmt.Errorf("tensor %q: value %d, %v, is no %s; round it or set another DType", t.Name, i, v, t.DType)
		}
		if d.size == 4 {
			buf = binary.LittleEndian.AppendUint32(buf, uint32(bits))
		} else {
			buf = binary.LittleEndian.AppendUint64(buf, bits)
		}
		if len(buf) == cap(buf) || i == len(t.Values)-1 {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	return nil
}
