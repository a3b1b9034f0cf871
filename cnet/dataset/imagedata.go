package dataset

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// badFile is a file that cannot be used, and why.
type badFile struct {
	name string
	why  error
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
	words := make([]string, 0, shown)
	for _, f := range b.bad[:min(len(b.bad), shown)] {
		words = append(words, fmt.Sprintf("%s (%v)", f.name, f.why))
	}
	if more := len(b.bad) - len(words); more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%d of %d images: %s", len(b.bad), b.of, strings.Join(words, ", "))
}

// maxDecoded is the most memory that decoded images may take.
const maxDecoded = 16 << 30

// decodeListing fills set with the images of a listing. The size and the channels of the images are those of the set,
// if it has them already, or else those of the files.
func decodeListing(set *Set, dir folder, list listing, o Options) error {
	all := slices.Concat(list.train, list.test)
	pictures := make([]picture, len(all))
	whys := make([]error, len(all))
	p := progress{total: 2 * len(all), o: o}
	err := inParallel(o, len(all), func(i int) {
		pictures[i], whys[i] = inspect(dir, all[i].name)
		p.add()
	})
	if err != nil {
		return fmt.Errorf("dataset: %s: %w", dir.path, err)
	}
	if err := refuse(all, whys, o); err != nil {
		return fmt.Errorf("dataset: %s: %w", dir.path, err)
	}
	if err := setForm(set, all, pictures, whys, o); err != nil {
		return fmt.Errorf("dataset: %s: %w", dir.path, err)
	}
	size := set.ImageSize()
	if int64(len(all))*int64(size) > maxDecoded {
		return fmt.Errorf("dataset: %s: %d images of %d×%d take more than %d GB; make them smaller with --size N",
			dir.path, len(all), set.Height, set.Width, maxDecoded>>30)
	}
	pixels := make([]uint8, len(all)*size)
	err = inParallel(o, len(all), func(i int) {
		if whys[i] == nil {
			whys[i] = decode(dir, all[i].name, pixels[i*size:][:size], set.Height, set.Width, set.Channels, o.Size > 0)
		}
		p.add()
	})
	if err != nil {
		return fmt.Errorf("dataset: %s: %w", dir.path, err)
	}
	if err := refuse(all, whys, o); err != nil {
		return fmt.Errorf("dataset: %s: %w", dir.path, err)
	}
	set.Train, set.Test = Split{}, Split{}
	kept := 0
	for i, f := range all {
		if whys[i] != nil {
			continue
		}
		copy(pixels[kept*size:][:size], pixels[i*size:][:size])
		kept++
		if i < len(list.train) {
			set.Train.Labels = append(set.Train.Labels, f.label)
		} else {
			set.Test.Labels = append(set.Test.Labels, f.label)
		}
	}
	train := set.Train.Len() * size
	set.Train.Images, set.Test.Images = pixels[:train:train], pixels[train:kept*size:kept*size]
	notices := slices.Clone(list.notices)
	if bad := badOnes(all, whys); len(bad.bad) > 0 {
		notices = append(notices, "left out "+bad.String())
	}
	set.Notice = strings.Join(notices, "; ")
	if err := set.everyClass(); err != nil {
		return fmt.Errorf("dataset: %s: %w", dir.path, err)
	}
	return nil
}

// refuse returns an error if there are bad files, unless they are to be left out.
func refuse(all []imageFile, whys []error, o Options) error {
	bad := badOnes(all, whys)
	switch {
	case len(bad.bad) == 0:
		return nil
	case len(bad.bad) == len(all):
		return fmt.Errorf("no image can be used: %v", bad)
	case o.SkipBad:
		return nil
	}
	return fmt.Errorf("cannot use %v; repair or remove them, or leave them out with --skip-bad", bad)
}

func badOnes(all []imageFile, whys []error) badFiles {
	b := badFiles{of: len(all)}
	for i, why := range whys {
		if why != nil {
			b.bad = append(b.bad, badFile{all[i].name, why})
		}
	}
	return b
}

// setForm sets the size and the channels of the images: grey, if all files are.
func setForm(set *Set, all []imageFile, pictures []picture, whys []error, o Options) error {
	type size struct{ height, width int }
	sizes := map[size][]int{} // the indices of the files
	channels := 1
	for i, p := range pictures {
		if whys[i] != nil {
			continue
		}
		s := size{p.height, p.width}
		sizes[s] = append(sizes[s], i)
		if !p.gray {
			channels = 3
		}
	}
	if set.Channels == 0 {
		set.Channels = channels
	}
	if o.Size > 0 {
		set.Height, set.Width = o.Size, o.Size
		return nil
	}
	if len(sizes) == 1 {
		for s := range sizes {
			if set.Height != 0 && s != (size{set.Height, set.Width}) {
				return fmt.Errorf("images of %d×%d pixels, want %d×%d", s.width, s.height, set.Width, set.Height)
			}
			set.Height, set.Width = s.height, s.width
		}
		if set.Height > maxSide || set.Width > maxSide {
			return fmt.Errorf("images of %d×%d pixels, want at most %d each way; make them smaller with --size N",
				set.Width, set.Height, maxSide)
		}
		return nil
	}
	kinds := make([]size, 0, len(sizes))
	for s := range sizes {
		kinds = append(kinds, s)
	}
	slices.SortFunc(kinds, func(a, b size) int { return sizes[a][0] - sizes[b][0] })
	a, b := kinds[0], kinds[1]
	return fmt.Errorf("the images have %d different sizes: %s has %d×%d pixels, %s has %d×%d; "+
		"bring them to one with --size N", len(sizes), all[sizes[a][0]].name, a.width, a.height,
		all[sizes[b][0]].name, b.width, b.height)
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
			strings.TrimSuffix(s.Things(), "s"), s.Classes[k])
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
