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

// frameCounter parses the headers of ZMTP frames in a stream of bytes, and rejects too large sizes before memory is
// allocated for them.
type frameCounter struct {
	largest uint64             // the largest permitted size of a message, in bytes
	charge  func(uint64) error // called with the size of each further frame of a large message
	release func()             // called when a large message is complete

	skip    uint64 // bytes left of the body of a frame
	header  []byte // the beginning of a frame's header
	message uint64 // bytes of the message so far
	count   int    // frames of the message so far
	more    bool   // the frame being received is not its last
}

func (f *frameCounter) add(p []byte) error {
	for len(p) > 0 {
		if f.skip > 0 {
			n := min(f.skip, uint64(len(p)))
			f.skip -= n
			p = p[n:]
			if f.skip == 0 && !f.more {
				f.endMessage()
			}
			continue
		}
		f.header = append(f.header, p[0])
		p = p[1:]
		flags := f.header[0]
		if flags > 7 {
			return fmt.Errorf("frame flags %#x", flags)
		}
		var size uint64
		switch {
		case flags&2 == 0 && len(f.header) == 2:
			size = uint64(f.header[1])
		case flags&2 != 0 && len(f.header) == 9:
			size = binary.BigEndian.Uint64(f.header[1:])
		default:
			continue
		}
		f.header = f.header[:0]
		if err := f.frame(size, flags&1 != 0); err != nil {
			return err
		}
	}
	return nil
}

func (f *frameCounter) frame(size uint64, more bool) error {
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
	f.skip, f.more = size, more
	if size == 0 && !more {
		f.endMessage()
	}
	return nil
}

func (f *frameCounter) endMessage() {
	if f.message > largeMessage {
		f.release()
	}
	f.message, f.count = 0, 0
}
