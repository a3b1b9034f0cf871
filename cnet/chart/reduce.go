package chart

import (
	"cmp"
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"slices"
)

const (
	paletteSize = 256
	// frequent is how many of the palette are the most frequent colours.
	frequent = 192
	// weighed is how many of the most frequent colours decide about the rest of the palette.
	weighed = 1 << 12
	// mostColors is how many the smoothed edges of a chart have at most; photographs have more.
	mostColors = 1 << 16
	// alike is the square of the distance of two colours that look the same side by side.
	alike = 8 * 8

	unknown = -1
)

// reduce turns a picture into one with a palette, which encodes several times faster and into half of the bytes, if
// that is not seen. A chart has a few colours and the shades between them at smoothed edges: the most frequent are
// exact, what is left of the shades becomes the nearest in the palette. A picture with areas of many colours is
// returned as it is.
func reduce(img *image.RGBA) image.Image {
	t, ok := colorsOf(img, mostColors)
	if !ok {
		return img
	}
	colors, place, off := t.palette()
	find := func(id int32) {
		off[id] = math.MaxInt
		for k, c := range colors {
			if d := distance(c, t.colors[id]); d < off[id] {
				place[id], off[id] = uint8(k), d
			}
		}
	}
	out := image.NewPaletted(img.Rect, make(color.Palette, len(colors)))
	for i, c := range colors {
		out.Palette[i] = color.RGBA{uint8(c), uint8(c >> 8), uint8(c >> 16), 0xff}
	}
	changed := areas{width: img.Rect.Dx()}
	var last uint32
	var at uint8
	var seen bool
	for i := range out.Pix {
		if c := binary.LittleEndian.Uint32(img.Pix[4*i:]); c != last {
			id := t.of(c)
			if off[id] == unknown {
				find(id)
			}
			last, at, seen = c, place[id], off[id] > alike
		}
		out.Pix[i] = at
		if seen && changed.add(i) {
			return img
		}
	}
	return out
}

// colorsOf counts the colours of a picture; ok is false if there are more than so many.
func colorsOf(img *image.RGBA, most int) (t *colorTable, ok bool) {
	t = &colorTable{}
	var last uint32
	var run int
	for i := 0; i < len(img.Pix); i += 4 { // neighbours are mostly equal
		c := binary.LittleEndian.Uint32(img.Pix[i:])
		if c != last {
			if run > 0 {
				t.count[t.of(last)] += run
			}
			if len(t.colors) > most {
				return nil, false
			}
			last, run = c, 0
		}
		run++
	}
	if run > 0 {
		t.count[t.of(last)] += run
	}
	return t, true
}

// palette chooses colours: the most frequent ones, then, one after the other, that which is the furthest off, weighted
// by how often it is there. place has the nearest of them for the frequent colours in the table, off the square of its
// distance, which is unknown for the others: their number may be large, and a picture with areas of them be given up.
func (t *colorTable) palette() (chosen []uint32, place []uint8, off []int) {
	byUse := make([]int32, len(t.colors))
	for i := range byUse {
		byUse[i] = int32(i)
	}
	slices.SortFunc(byUse, func(a, b int32) int {
		return cmp.Or(cmp.Compare(t.count[b], t.count[a]), cmp.Compare(t.colors[a], t.colors[b]))
	})
	place, off = make([]uint8, len(byUse)), make([]int, len(byUse))
	n := frequent
	if len(byUse) <= paletteSize {
		n = len(byUse)
	}
	rest := byUse[n:max(n, min(weighed, len(byUse)))]
	for _, id := range rest {
		off[id] = math.MaxInt
	}
	for _, id := range byUse[n+len(rest):] {
		off[id] = unknown
	}
	choose := func(id int32) {
		c := t.colors[id]
		place[id], off[id] = uint8(len(chosen)), 0
		for _, other := range rest {
			if d := distance(c, t.colors[other]); d < off[other] {
				place[other], off[other] = uint8(len(chosen)), d
			}
		}
		chosen = append(chosen, c)
	}
	for _, id := range byUse[:n] {
		choose(id)
	}
	for len(rest) > 0 && len(chosen) < paletteSize {
		choose(slices.MaxFunc(rest, func(a, b int32) int { return cmp.Compare(off[a]*t.count[a], off[b]*t.count[b]) }))
	}
	return chosen, place, off
}

// areas counts pixels in squares, row by row.
type areas struct {
	width int
	row   int // of squares
	count []int
}

const areaSize = 16

// add counts the pixel of an index and reports whether its square is half full: edges have less.
func (a *areas) add(pixel int) bool {
	y, x := pixel/a.width, pixel%a.width
	if row := y / areaSize; row != a.row || a.count == nil {
		a.row = row
		a.count = make([]int, a.width/areaSize+1)
	}
	a.count[x/areaSize]++
	return a.count[x/areaSize] >= areaSize*areaSize/2
}

// colorTable numbers colours in the order of their appearance. A small cache stands before the map; 0 is no colour of
// an opaque picture.
type colorTable struct {
	ids    map[uint32]int32
	colors []uint32
	count  []int
	cached [4096]struct {
		color uint32
		id    int32
	}
}

func (t *colorTable) of(c uint32) int32 {
	slot := &t.cached[c*2654435761>>20] // Knuth's multiplicative hash
	if slot.color == c {
		return slot.id
	}
	id, known := t.ids[c]
	if !known {
		if t.ids == nil {
			t.ids = map[uint32]int32{}
		}
		id = int32(len(t.colors))
		t.ids[c] = id
		t.colors = append(t.colors, c)
		t.count = append(t.count, 0)
	}
	slot.color, slot.id = c, id
	return id
}

// distance returns the square of the distance of two colours.
func distance(a, b uint32) int {
	d := 0
	for _, shift := range [...]uint{0, 8, 16} {
		e := int(a>>shift&0xff) - int(b>>shift&0xff)
		d += e * e
	}
	return d
}
