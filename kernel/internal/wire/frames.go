package wire

import (
	"encoding/binary"
	"fmt"
)

// Limits of a received message.
const (
	maxMessage   = 64 << 20 // bytes, all frames together
	maxFrames    = 1024
	largeMessage = 64 << 10 // bytes above which its memory is counted and its time limited
)

// frameReader follows the frames of ZMTP in a stream of bytes. The zero value is at the beginning of a message.
type frameReader struct {
	skip   uint64 // bytes left of the body of a frame
	header []byte // the beginning of a frame's header
	more   bool   // the frame being received is not its last
}

// step is what a frameReader has come to.
type step int

const (
	inHeader step = iota
	atBody        // a header is complete: skip is the size of the frame
	inBody
	badFlags // the last byte is no flags that frames have
)

// next reads the first bytes of p, at least one, which must not be empty. It returns how many they are.
func (f *frameReader) next(p []byte) (n int, s step) {
	if f.skip > 0 {
		size := min(f.skip, uint64(len(p)))
		f.skip -= size
		return int(size), inBody
	}
	f.header = append(f.header, p[0])
	flags := f.header[0]
	switch {
	case flags > 7:
		return 1, badFlags
	case flags&2 == 0 && len(f.header) == 2:
		f.skip = uint64(f.header[1])
	case flags&2 != 0 && len(f.header) == 9:
		f.skip = binary.BigEndian.Uint64(f.header[1:])
	default:
		return 1, inHeader
	}
	f.header, f.more = f.header[:0], flags&1 != 0
	return 1, atBody
}

// between reports whether a message has ended and the next one has not begun.
func (f *frameReader) between() bool { return f.skip == 0 && len(f.header) == 0 && !f.more }

// frameCounter parses the headers of ZMTP frames in a stream of bytes, and rejects too large sizes before memory is
// allocated for them.
type frameCounter struct {
	largest uint64             // the largest permitted size of a message, in bytes
	charge  func(uint64) error // called with the size of each further frame of a large message
	release func()             // called when a large message is complete

	frames  frameReader
	message uint64 // bytes of the message so far
	count   int    // frames of the message so far
}

func (f *frameCounter) add(p []byte) error {
	for len(p) > 0 {
		n, s := f.frames.next(p)
		p = p[n:]
		switch s {
		case badFlags:
			return fmt.Errorf("frame flags %#x", f.frames.header[0])
		case atBody:
			if err := f.frame(f.frames.skip); err != nil {
				return err
			}
		}
		if s != inHeader && f.frames.between() {
			f.endMessage()
		}
	}
	return nil
}

func (f *frameCounter) frame(size uint64) error {
	if f.count++; f.count > maxFrames {
		return fmt.Errorf("a message of more than %d frames", maxFrames)
	}
	if size > f.largest || f.message+size > f.largest {
		return fmt.Errorf("a message of more than %d bytes", f.largest)
	}
	f.message += size
	if f.message > largeMessage {
		if err := f.charge(size); err != nil {
			return err
		}
	}
	return nil
}

func (f *frameCounter) endMessage() {
	if f.message > largeMessage {
		f.release()
	}
	f.message, f.count = 0, 0
}
