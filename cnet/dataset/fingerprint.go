package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
)

// Fingerprint returns a hash of all that a training depends on: images, labels, classes, and how images are normalised
// and mirrored. It does not depend on where the files are or in which form they were read: CIFAR-10 has the same
// fingerprint as binary files, pickles and archive.
func (s *Set) Fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "cnet data set 1\n%d %d %d %t\n%x\n%x\n%q\n",
		s.Height, s.Width, s.Channels, s.Flip, s.Mean, s.Std, s.Classes)
	if s.Floats() {
		fmt.Fprintln(h, "floats")
	}
	s.writeTargets(h)
	for _, split := range []Split{s.Train, s.Test} {
		fmt.Fprintf(h, "%d\n", split.Len())
		writeSplit(h, split)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// writeSplit writes the images of a split, then its labels and then its targets, as 32-bit little-endian numbers. It is
// for writers that keep their first error, as hashes and buffers do.
func writeSplit(w io.Writer, split Split) {
	if split.Floats != nil {
		writeFloats(w, split.Floats)
	} else {
		_, _ = w.Write(split.Images)
	}
	labels := make([]byte, 0, 4*split.Len())
	for _, label := range split.Labels {
		labels = binary.LittleEndian.AppendUint32(labels, uint32(label))
	}
	_, _ = w.Write(labels)
	writeFloats(w, split.Targets)
}
