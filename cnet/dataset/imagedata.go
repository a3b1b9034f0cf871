package dataset

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"continuousnet/cnet/internal/words"
)

// badFile is a file that cannot be used, and why.
type badFile struct {
	name string
	why  error
}

// printable returns a name as it can stand in a line: in quotes if it breaks the line, or is no text.
func printable(name string) string {
	if isText(name) {
		return name
	}
	return strconv.Quote(name)
}

// badFiles is the error for files that cannot be used.
type badFiles struct {
	bad []badFile // not empty
	of  int       // the number of all files
}

// shown is how many bad files are named.
const shown = 5

// String names the files.
func (b badFiles) String() string {
	list := make([]string, 0, shown)
	for _, f := range b.bad[:min(len(b.bad), shown)] {
		list = append(list, fmt.Sprintf("%s (%v)", printable(f.name), f.why))
	}
	if more := len(b.bad) - len(list); more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%d of %d images: %s", len(b.bad), b.of, strings.Join(list, ", "))
}

// maxDecoded is the most memory that decoded images may take.
const maxDecoded = 16 << 30

// quickPixels bounds the pixels that are decoded only to name more files that cannot be used: seconds of work.
const quickPixels = 1_000_000_000

// decodeListing fills set with the images of a listing. The size and the channels of the images are those of the set,
// if it has them already, or else those of the files.
func decodeListing(set *Set, dir folder, list listing, o Options) error {
	if err := set.decodeListing(dir, list, o); err != nil {
		return fmt.Errorf("dataset: %s: %w", dir.path, err)
	}
	return nil
}

func (s *Set) decodeListing(dir folder, list listing, o Options) error {
	all := slices.Concat(list.train, list.test)
	files := imageFiles{dir: dir, all: all, pictures: make([]picture, len(all)), whys: make([]error, len(all)), o: o}
	files.p = progress{total: 2 * len(all), o: o}
	err := inParallel(o, len(all), func(i int) {
		files.pictures[i], files.whys[i] = inspect(dir, all[i].name)
		files.p.add()
	})
	if err != nil {
		return err
	}
	if len(files.bad().bad) == len(all) {
		return files.refusal(nil)
	}
	if err := s.setForm(&files); err != nil {
		return cmp.Or(files.decodable(), files.refusal(err))
	}
	if !o.SkipBad && (len(files.bad().bad) > 0 || slices.ContainsFunc(files.pictures, files.odd)) {
		return cmp.Or(files.decodable(), files.refusal(nil))
	}
	size := s.ImageSize()
	pixels := make([]uint8, len(all)*size)
	err = inParallel(o, len(all), func(i int) {
		if files.whys[i] == nil {
			files.whys[i] = files.oddity(i)
		}
		if files.whys[i] == nil {
			files.gate.within(files.pictures[i], func() {
				files.whys[i] = decode(dir, all[i].name, pixels[i*size:][:size], s.Height, s.Width, s.Channels,
					o.Size > 0)
			})
		}
		files.p.add()
	})
	if err != nil {
		return err
	}
	bad := files.bad()
	if len(bad.bad) == len(all) || len(bad.bad) > 0 && !o.SkipBad {
		return files.refusal(nil)
	}
	s.Train, s.Test = Split{}, Split{}
	kept := 0
	for i, f := range all {
		if files.whys[i] != nil {
			continue
		}
		copy(pixels[kept*size:][:size], pixels[i*size:][:size])
		kept++
		if i < len(list.train) {
			s.Train.Labels = append(s.Train.Labels, f.label)
		} else {
			s.Test.Labels = append(s.Test.Labels, f.label)
		}
	}
	train := s.Train.Len() * size
	s.Train.Images, s.Test.Images = pixels[:train:train], pixels[train:kept*size:kept*size]
	notices := slices.Clone(list.notices)
	if len(bad.bad) > 0 {
		notices = append(notices, "left out "+bad.String())
	}
	s.Notice = strings.Join(notices, "; ")
	return s.everyClass()
}

// imageFiles are the files of a listing while they are read.
type imageFiles struct {
	dir      folder
	all      []imageFile
	pictures []picture // what their heads say
	whys     []error   // why a file cannot be used
	want     imageSize // of all images; zero: each is brought to Options.Size
	o        Options
	p        progress
	gate     pixelGate
}

// imageSize is the size of an image.
type imageSize struct{ height, width int }

func (s imageSize) String() string { return fmt.Sprintf("%d×%d", s.width, s.height) }

// odd reports whether a picture has another size than it must have.
func (f *imageFiles) odd(p picture) bool {
	return p.width > 0 && f.want != imageSize{} && f.want != imageSize{p.height, p.width}
}

// oddity returns an error, an oddSize, if a file has another size than it must have.
func (f *imageFiles) oddity(i int) error {
	if p := f.pictures[i]; f.odd(p) {
		return oddSize{imageSize{p.height, p.width}, f.want}
	}
	return nil
}

// oddSize is why a file of another size than the others cannot be used.
type oddSize struct{ got, want imageSize }

func (o oddSize) Error() string { return fmt.Sprintf("%v pixels, want %v", o.got, o.want) }

// decodable looks for files whose pixels cannot be read, so that all that cannot be used are named at once, unless
// there are so many pixels that it would take long.
func (f *imageFiles) decodable() error {
	pixels := 0
	for _, p := range f.pictures {
		pixels += p.width * p.height
	}
	if pixels > quickPixels {
		return nil
	}
	return inParallel(f.o, len(f.all), func(i int) {
		if f.whys[i] == nil {
			f.gate.within(f.pictures[i], func() { f.whys[i] = decodable(f.dir, f.all[i].name) })
		}
		f.p.add()
	})
}

// bad lists the files that cannot be used.
func (f *imageFiles) bad() badFiles {
	b := badFiles{of: len(f.all)}
	for i, why := range f.whys {
		if why != nil {
			b.bad = append(b.bad, badFile{f.all[i].name, why})
		}
	}
	return b
}

// refusal returns the error for files that cannot be used, and for what is wrong with the form of the others.
func (f *imageFiles) refusal(form error) error {
	for i, why := range f.whys {
		if why == nil && form == nil {
			f.whys[i] = f.oddity(i)
		}
	}
	bad := f.bad()
	if len(bad.bad) == 0 || form != nil && f.o.SkipBad {
		return form
	}
	advice := "repair or remove them, or leave them out with --skip-bad"
	if len(bad.bad) == len(f.all) {
		advice = "repair or replace them"
	}
	if slices.ContainsFunc(f.whys, func(why error) bool { _, odd := why.(oddSize); return odd }) {
		advice += "; --size N brings images of all sizes to one"
	}
	switch {
	case len(bad.bad) == len(f.all):
		return fmt.Errorf("no image can be used: %v; %s", bad, advice)
	case form != nil:
		return fmt.Errorf("cannot use %v; %s; and %w", bad, advice, form)
	}
	return fmt.Errorf("cannot use %v; %s", bad, advice)
}

// setForm sets the size and the channels of the images: grey, if all files are, and the size that most of them have.
func (s *Set) setForm(files *imageFiles) error {
	sizes := map[imageSize][]int{} // the indices of the files
	channels, good := 1, 0
	for i, p := range files.pictures {
		if files.whys[i] != nil {
			continue
		}
		good++
		size := imageSize{p.height, p.width}
		sizes[size] = append(sizes[size], i)
		if !p.gray {
			channels = 3
		}
	}
	if s.Channels == 0 {
		s.Channels = channels
	}
	switch {
	case files.o.Size > 0:
		s.Height, s.Width = files.o.Size, files.o.Size
	case s.Height > 0:
		files.want = imageSize{s.Height, s.Width}
	default:
		kinds := slices.SortedFunc(maps.Keys(sizes), func(a, b imageSize) int {
			return cmp.Or(len(sizes[b])-len(sizes[a]), sizes[a][0]-sizes[b][0])
		})
		files.want = kinds[0]
		if 2*len(sizes[files.want]) <= good && len(kinds) > 1 { // none is that of most
			var list []string
			for _, size := range kinds {
				list = append(list, fmt.Sprintf("%s has %v pixels", printable(files.all[sizes[size][0]].name), size))
			}
			return fmt.Errorf("the images have %d different sizes: %s; bring them to one with --size N", len(kinds),
				words.Some(list, 3))
		}
		s.Height, s.Width = files.want.height, files.want.width
	}
	if s.Height > maxSide || s.Width > maxSide {
		return fmt.Errorf("images of %v pixels, want at most %d each way; make them smaller with --size N",
			files.want, maxSide)
	}
	if n := len(files.all); int64(n)*int64(s.ImageSize()) > maxDecoded {
		return fmt.Errorf("%d images of %d×%d take more than %d GB; make them smaller with --size N", n, s.Height,
			s.Width, maxDecoded>>30)
	}
	return nil
}

// everyClass returns an error unless there are images of every class to train on, and some to test with.
func (s *Set) everyClass() error {
	seen := make([]int, len(s.Classes))
	if !s.Regression() {
		for _, label := range s.Train.Labels {
			seen[label]++
		}
	}
	if k := slices.Index(seen, 0); k >= 0 {
		return fmt.Errorf("there is no %s of class %s to train on; every class needs some",
			strings.TrimSuffix(s.Things(), "s"), strings.TrimPrefix(s.Classes[k], "class "))
	}
	if s.Test.Len() == 0 {
		return fmt.Errorf("there are no %s to test with, want at least one beside the %d to train on", s.Things(),
			s.Train.Len())
	}
	return nil
}

// progress counts what several goroutines do.
type progress struct {
	mutex       sync.Mutex
	done, total int
	o           Options
}

func (p *progress) add() {
	if p.o.Progress == nil {
		return
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.done++; p.o.interrupted() == nil {
		p.o.Progress(p.done, p.total)
	}
}

// inParallel calls f for each number below n, on all processors, unless loading is interrupted.
func inParallel(o Options, n int, f func(i int)) error {
	const chunk = 16
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), int(math.Ceil(float64(n)/chunk))) {
		group.Go(func() {
			for {
				from := int(next.Add(chunk)) - chunk
				if from >= n {
					return
				}
				for i := from; i < min(from+chunk, n); i++ {
					if o.interrupted() != nil {
						return
					}
					f(i)
				}
			}
		})
	}
	group.Wait()
	return o.interrupted()
}
