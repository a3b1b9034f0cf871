package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// maxImages bounds what a header or a file length may ask for. The largest set
// published in the form of MNIST (EMNIST) has 814,255 images.
const maxImages = 1_000_000

// readIDX reads an array of unsigned bytes in the format of
// http://yann.lecun.com/exdb/mnist/: a big-endian magic number 0x0000 08 RANK,
// the RANK dimensions as 32-bit numbers, the data in row-major order, and
// nothing after it. It returns the first dimension, the number of items; item
// holds the others as they must be (28, 28 for images, none for labels).
//
// size is the length of the file, compressed if it is: it bounds the memory
// that is taken before any data has been seen.
func readIDX(r io.Reader, size int64, item []int) (count int, data []byte, err error) {
	header := make([]byte, 4*(2+len(item)))
	if n, err := io.ReadFull(r, header); err != nil {
		return 0, nil, malformed(int64(n), "the header of %d bytes cannot be read: %w", len(header), cut(err))
	}
	field := func(i int) uint32 { return binary.BigEndian.Uint32(header[4*i:]) }

	if magic, want := field(0), uint32(0x800+1+len(item)); magic != want {
		return 0, nil, malformed(0, "magic number %#08x, want %#08x (unsigned bytes, %d dimensions)", magic, want,
			1+len(item))
	}
	if field(1) == 0 || field(1) > maxImages {
		return 0, nil, malformed(4, "%d items, want 1 to %d", field(1), maxImages)
	}
	count = int(field(1))
	length := int64(count)
	for i, want := range item {
		if got := field(2 + i); got != uint32(want) {
			return 0, nil, malformed(int64(8+4*i), "dimension %d is %d, want %d", i+1, got, want)
		}
		length *= int64(want)
	}

	// Images compress to somewhat more than an eighth, so that for an honest
	// file this is one allocation, and for any other one of its own size.
	buf := bytes.NewBuffer(make([]byte, 0, min(length, 8*size)+bytes.MinRead))
	end := int64(len(header)) + length
	if n, err := io.CopyN(buf, r, length); err != nil {
		return 0, nil, malformed(int64(len(header))+n, "the data ends early, want %d bytes in all for %d items: %w",
			end, count, cut(err))
	}
	// Reading on to the end also makes gzip compare its checksum.
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return 0, nil, malformed(end, "more data follows, want the end after %d items", count)
	case err != io.EOF:
		return 0, nil, malformed(end, "the end of the data cannot be read: %w", cut(err))
	}
	return count, slices.Clip(buf.Bytes()), nil
}

var errTruncated = errors.New("the file is truncated")

// cut replaces the io package's two names for a file that is too short.
func cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errTruncated
	}
	return err
}

// readIDXFile is readIDX for a file that may be compressed, which its first
// bytes tell better than its name.
func readIDXFile(r io.Reader, size int64, item []int) (count int, data []byte, err error) {
	start := make([]byte, 2)
	n, _ := io.ReadFull(r, start)
	r = io.MultiReader(bytes.NewReader(start[:n]), r)
	if start[0] == 0x1f && start[1] == 0x8b { // RFC 1952, section 2.3.1
		z, err := gzip.NewReader(r)
		if err != nil {
			return 0, nil, malformed(0, "the gzip header is damaged: %w", cut(err))
		}
		r = z
	}
	return readIDX(r, size, item)
}

// readIDXLabels reads labels and checks that they are less than classes.
func readIDXLabels(r io.Reader, size int64, classes int) ([]int32, error) {
	count, data, err := readIDXFile(r, size, nil)
	if err != nil {
		return nil, err
	}
	labels := make([]int32, count)
	for i, label := range data {
		if int(label) >= classes {
			return nil, malformed(int64(8+i), "label %d, want less than %d", label, classes)
		}
		labels[i] = int32(label)
	}
	return labels, nil
}
