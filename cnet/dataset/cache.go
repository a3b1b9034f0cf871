package dataset

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"continuousnet/cnet/internal/atomicfile"
)

// A cache file is a data set as it is in memory: cacheMagic, the length of the head as a 32-bit little-endian number,
// the head in JSON, the images and labels of both parts as in Fingerprint, and the SHA-256 of everything before.
const cacheMagic = "cnet data set 1\n"

// maxHead bounds the head of a cache file.
const maxHead = 1 << 24

// head is what a cache file says of a data set besides images and labels.
type head struct {
	Source      string // what the set was decoded from, as sourceOf returns it
	Set         Set    // without images
	Train, Test int
	Floats      bool `json:",omitempty"` // the images are floats, as writeFloats writes them
}

// readCached is decodeListing with a cache, if there is one in o.
func readCached(set *Set, dir folder, list listing, o Options) error {
	err := fromCache(set, dir, list, o)
	if err == nil {
		list.noticeRuns(set) // runs come and go, and the images stay the same
	}
	return err
}

func fromCache(set *Set, dir folder, list listing, o Options) error {
	set.Classes = list.classes
	if o.labelsOnly {
		set.Train.Labels, set.Test.Labels = labelsOf(list.train), labelsOf(list.test)
		set.Notice = strings.Join(list.notices, "; ")
		return nil
	}
	if o.Cache == "" {
		return set.decoded(dir, list, o)
	}
	source := sourceOf(set, dir, list, o)
	path := cachePath(o.Cache, set.Title, placeOf(dir, o))
	if cached, err := readCache(path, source, o); err == nil {
		*set = *cached
		return nil
	}
	if err := set.decoded(dir, list, o); err != nil {
		return err
	}
	err := writeCache(path, source, set, o)
	if o.interrupted() != nil {
		return fmt.Errorf("dataset: %s: %w", dir.path, o.interrupted())
	}
	if err != nil {
		set.Notice = joinNotices(set.Notice, fmt.Sprintf("the decoded images are not kept: %v", err))
	}
	return nil
}

// decoded decodes a listing and measures its images, unless they have been measured by others.
func (s *Set) decoded(dir folder, list listing, o Options) error {
	if err := decodeListing(s, dir, list, o); err != nil {
		return err
	}
	if s.Mean == nil {
		s.Flip = s.Channels == 3
		s.measure()
	}
	return nil
}

func joinNotices(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// placeOf returns a hash of where a data set is and how it is read. Another state of the same place replaces its cache.
func placeOf(dir folder, o Options) string {
	path := dir.path
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return hashOf(fmt.Sprintf("%s\n%d %t %d", path, o.Size, o.SkipBad, o.Seed))
}

// sourceOf returns a hash of all that the decoded images depend on: the files with their sizes and times, and options.
func sourceOf(set *Set, dir folder, list listing, o Options) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%q\n%q\n", placeOf(dir, o), set.Title, list.classes)
	for _, files := range [][]imageFile{list.train, list.test} {
		for _, f := range files {
			var size, changed int64 = -1, 0 // of a link to nothing, which decoding finds
			if info, err := fs.Stat(dir, f.name); err == nil {
				size, changed = info.Size(), info.ModTime().UnixNano()
			}
			fmt.Fprintf(h, "%q %d %d %d\n", f.name, f.label, size, changed)
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// cachePath returns the path of a cache file, whose name begins as people call the data set.
func cachePath(dir, title, key string) string {
	return filepath.Join(dir, fmt.Sprintf("%.40s-%.16s.data", notInNames.ReplaceAllString(title, "_"), key))
}

func writeCache(path, source string, set *Set, o Options) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	h := head{Source: source, Set: *set, Train: set.Train.Len(), Test: set.Test.Len(), Floats: set.Floats()}
	h.Set.Train, h.Set.Test = Split{}, Split{}
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, atomicfile.Options{}, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<16) // keeps its first error until Flush
		sum := sha256.New()
		both := contextWriter{io.MultiWriter(out, sum), o}
		_, _ = io.WriteString(both, cacheMagic)
		_, _ = both.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(text))))
		_, _ = both.Write(text)
		writeSplit(both, set.Train)
		writeSplit(both, set.Test)
		if err := o.interrupted(); err != nil {
			return err
		}
		_, _ = out.Write(sum.Sum(nil))
		return out.Flush()
	})
}

var errNotCached = errors.New("the cache file is damaged, or of another state of the data set")

// readCache reads a data set from a cache file. Source is what it must have been decoded from; "": whatever it was.
func readCache(path, source string, o Options) (*Set, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	in := bufio.NewReaderSize(o.reader(f), 1<<16)
	r := io.TeeReader(in, sum)
	prefix := make([]byte, len(cacheMagic)+4)
	if _, err := io.ReadFull(r, prefix); err != nil || string(prefix[:len(cacheMagic)]) != cacheMagic {
		return nil, errNotCached
	}
	length := binary.LittleEndian.Uint32(prefix[len(cacheMagic):])
	if length > maxHead {
		return nil, errNotCached
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, errNotCached
	}
	var h head
	if json.Unmarshal(text, &h) != nil || source != "" && h.Source != source {
		return nil, errNotCached
	}
	set := &h.Set
	size := int64(set.ImageSize())
	if h.Floats {
		size *= 4
	}
	content := info.Size() - int64(len(prefix)+len(text)) - sha256.Size
	each := size + 4*int64(1+len(set.Targets)) // with label and targets
	if h.Train < 0 || h.Test < 0 || size < 1 || size > content ||
		int64(h.Train) > content/size || int64(h.Test) > content/size || int64(h.Train+h.Test)*each != content {
		return nil, errNotCached
	}
	for _, part := range []struct {
		split *Split
		n     int
	}{{&set.Train, h.Train}, {&set.Test, h.Test}} {
		if err := readSplit(in, sum, part.split, part.n, size, h.Floats, len(set.Targets)); err != nil {
			return nil, errNotCached
		}
	}
	want := make([]byte, sha256.Size)
	if _, err := io.ReadFull(in, want); err != nil || !bytes.Equal(want, sum.Sum(nil)) {
		return nil, errNotCached
	}
	return set, nil
}

// readSplit reads what writeSplit has written, size bytes for an image, and hashes it.
func readSplit(in io.Reader, sum hash.Hash, s *Split, n int, size int64, floats bool, targets int) error {
	read := func(b []byte) error {
		for len(b) > 0 {
			part := b[:min(len(b), chunk)]
			if _, err := io.ReadFull(in, part); err != nil {
				return err
			}
			_, _ = sum.Write(part)
			b = b[len(part):]
		}
		return nil
	}
	readFloats := func(out []float32) error {
		buf := make([]byte, chunk)
		for len(out) > 0 {
			part := buf[:min(4*len(out), chunk)]
			if err := read(part); err != nil {
				return err
			}
			for i := range len(part) / 4 {
				out[i] = math.Float32frombits(binary.LittleEndian.Uint32(part[4*i:]))
			}
			out = out[len(part)/4:]
		}
		return nil
	}
	if floats {
		s.Floats = make([]float32, int64(n)*size/4)
		if err := readFloats(s.Floats); err != nil {
			return err
		}
	} else {
		s.Images = make([]uint8, int64(n)*size)
		if err := read(s.Images); err != nil {
			return err
		}
	}
	labels := make([]byte, 4*n)
	if err := read(labels); err != nil {
		return err
	}
	s.Labels = make([]int32, n)
	for i := range s.Labels {
		s.Labels[i] = int32(binary.LittleEndian.Uint32(labels[4*i:]))
	}
	if targets == 0 {
		return nil
	}
	s.Targets = make([]float32, n*targets)
	return readFloats(s.Targets)
}
