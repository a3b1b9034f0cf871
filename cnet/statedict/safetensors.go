package statedict

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// The format is described at https://github.com/huggingface/safetensors#format: the length of the header in 8 bytes,
// little-endian; the header, a JSON object of
//
//	"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [BEGIN, END]}
//
// and of texts under "__metadata__", padded with spaces; and the data, little-endian and row-major, which the tensors
// cover without gap or overlap.
const (
	metadataKey = "__metadata__"
	maxHeader   = 100_000_000 // the limit of the official implementation
	alignment   = 8           // of the data in the file, as the official implementation writes it
)

// header is the first part of a safetensors file.
type header struct {
	entries  []entry
	metadata map[string]string
	data     int64 // where the data begin in the file
}

// entry is a tensor in a header that has been checked.
type entry struct {
	name       string
	dtype      dtype
	shape      []int
	count      int   // of values
	begin, end int64 // in the data
}

func readSafetensors(f io.ReaderAt, size int64) ([]Tensor, error) {
	h, err := readHeader(f, size)
	if err != nil {
		return nil, err
	}
	tensors := make([]Tensor, len(h.entries))
	for i, e := range h.entries {
		r := io.NewSectionReader(f, h.data+e.begin, e.end-e.begin)
		values, err := readValues(r, e.dtype, binary.LittleEndian, e.count)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", e.name, err)
		}
		tensors[i] = Tensor{Name: e.name, Shape: e.shape, Values: values, DType: e.dtype.name}
	}
	return tensors, nil
}

// readHeader reads and checks the header of a file of the given size.
func readHeader(f io.ReaderAt, size int64) (header, error) {
	if size < 8 {
		return header{}, fmt.Errorf("%d bytes are too few for a safetensors file; it is truncated", size)
	}
	var b [8]byte
	if _, err := f.ReadAt(b[:], 0); err != nil {
		return header{}, err
	}
	length := binary.LittleEndian.Uint64(b[:])
	if length > maxHeader || int64(length) > size-8 {
		return header{}, fmt.Errorf("the header would have %d bytes, the file has %d; it is truncated, "+
			"damaged or no safetensors file", length, size)
	}
	text := make([]byte, length)
	if _, err := f.ReadAt(text, 8); err != nil && !errors.Is(err, io.EOF) {
		return header{}, err
	}
	h := header{data: 8 + int64(length)}
	if err := h.parse(text); err != nil {
		return header{}, err
	}
	return h, h.check(size - h.data)
}

// parse reads the JSON token by token, because a map would lose the order and let the last of two equal names win.
func (h *header) parse(text []byte) error {
	damaged := func(err error) error {
		return fmt.Errorf("header: %w; expected a JSON object of tensors; the file is damaged or no safetensors file",
			err)
	}
	if !utf8.Valid(text) {
		return damaged(errors.New("not UTF-8"))
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil {
		return damaged(err)
	} else if t != json.Delim('{') {
		return damaged(fmt.Errorf("begins with %v", t))
	}
	names := nameSet{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return damaged(err)
		}
		name, _ := t.(string) // the decoder lets nothing else through where a key belongs
		if name == metadataKey && h.metadata == nil {
			if err := dec.Decode(&h.metadata); err != nil {
				return damaged(fmt.Errorf("%s: %w", metadataKey, err))
			}
			continue
		}
		if err := names.add(name); err != nil {
			return err
		}
		var info struct {
			DType   string  `json:"dtype"`
			Shape   []int   `json:"shape"`
			Offsets []int64 `json:"data_offsets"`
		}
		if err := dec.Decode(&info); err != nil {
			return damaged(fmt.Errorf("tensor %q: %w", name, err))
		}
		if info.Shape == nil || len(info.Offsets) != 2 {
			return damaged(fmt.Errorf("tensor %q: no shape or not two data_offsets", name))
		}
		d, ok := dtypeNamed(info.DType)
		if !ok {
			return fmt.Errorf("tensor %q: values of type %q cannot be read; convert it to F32 before saving", name,
				info.DType)
		}
		h.entries = append(h.entries, entry{name: name, dtype: d, shape: info.Shape, begin: info.Offsets[0],
			end: info.Offsets[1]})
	}
	if _, err := dec.Token(); err != nil { // the closing brace
		return damaged(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return damaged(errors.New("more text after the object"))
	}
	return nil
}

// check compares shapes with offsets, and offsets with each other and with the number of bytes of data that there are.
func (h *header) check(size int64) error {
	for i := range h.entries {
		e := &h.entries[i]
		n, err := count(e.shape)
		if err != nil {
			return fmt.Errorf("tensor %q: %w; the file is damaged", e.name, err)
		}
		if need := int64(n) * int64(e.dtype.size); e.begin < 0 || e.end < e.begin || e.end-e.begin != need {
			return fmt.Errorf("tensor %q: data at %d to %d, but shape %v of %s needs %d bytes; the file is damaged",
				e.name, e.begin, e.end, e.shape, e.dtype.name, need)
		}
		e.count = n
	}
	inFile := slices.SortedFunc(slices.Values(h.entries), func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	var end int64
	for _, e := range inFile {
		if e.begin != end {
			return fmt.Errorf("tensor %q: data begin at %d, expected %d, where those before end; the file is damaged",
				e.name, e.begin, end)
		}
		end = e.end
	}
	if end != size {
		return fmt.Errorf("the tensors have %d bytes of data, the file has %d; it is truncated or damaged", end, size)
	}
	return nil
}

// writeSafetensors lists the tensors in the order given. The data of the wider types come first, as the official
// implementation writes them, so that everything is aligned: PyTorch makes its tensors in the file's memory.
func writeSafetensors(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	inFile := make([]int, len(tensors))
	for i := range inFile {
		inFile[i] = i
	}
	width := func(i int) int { d, _ := dtypeNamed(tensors[i].DType); return d.size }
	slices.SortStableFunc(inFile, func(a, b int) int { return width(b) - width(a) })
	offsets := make([][2]int, len(tensors))
	end := 0
	for _, i := range inFile {
		begin := end
		end += len(tensors[i].Values) * width(i)
		offsets[i] = [2]int{begin, end}
	}

	var text []byte
	add := func(key string, value any) error {
		k, err := json.Marshal(key)
		if err != nil {
			return err
		}
		v, err := json.Marshal(value)
		if err != nil {
			return err
		}
		text = append(append(append(append(text, ','), k...), ':'), v...)
		return nil
	}
	if len(metadata) > 0 {
		if err := add(metadataKey, metadata); err != nil {
			return err
		}
	}
	for i, t := range tensors {
		if err := add(t.Name, struct {
			DType   string `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}{t.DType, append([]int{}, t.Shape...), offsets[i]}); err != nil { // a nil shape would become null
			return err
		}
	}
	text = append(append([]byte{'{'}, bytes.TrimPrefix(text, []byte{','})...), '}')
	for len(text)%alignment != 0 {
		text = append(text, ' ')
	}
	if len(text) > maxHeader {
		return fmt.Errorf("names and metadata make a header of %d bytes; at most %d are allowed", len(text), maxHeader)
	}
	if _, err := w.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)); err != nil {
		return err
	}
	for _, i := range inFile {
		if err := writeValues(w, tensors[i]); err != nil {
			return err
		}
	}
	return nil
}
