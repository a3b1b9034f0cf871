package chart

import (
	"cmp"
	"encoding/binary"
	"image"
	"image/color"
	"slices"
)

// reduce turns a picture into one with a palette, which encodes several times faster and into half of the bytes. A
// chart has a few colours and the shades between them at smoothed edges: the 256 most frequent are exact, what is left
// of the shades becomes the nearest of those.
func reduce(img *image.RGBA) *image.Paletted {
	const most = 256
	var t colorTable
	var last uint32
	var run int
	for i := 0; i < len(img.Pix); i += 4 { // neighbours are mostly equal
		c := binary.LittleEndian.Uint32(img.Pix[i:])
		if c != last {
			if run > 0 {
				t.count[t.of(last)] += run
			}
			last, run = c, 0
		}
		run++
	}
	if run > 0 {
		t.count[t.of(last)] += run
	}

	byUse := make([]int32, len(t.colors))
	for i := range byUse {
		byUse[i] = int32(i)
	}
	slices.SortFunc(byUse, func(a, b int32) int {
		return cmp.Or(cmp.Compare(t.count[b], t.count[a]), cmp.Compare(t.colors[a], t.colors[b]))
	})
	out := image.NewPaletted(img.Rect, make(color.Palette, min(most, len(byUse))))
	place := make([]uint8, len(byUse)) // in the palette, of every colour
	var exact []uint32
	for i, id := range byUse {
		c := t.colors[id]
		if i < most {
			out.Palette[i] = color.RGBA{uint8(c), uint8(c >> 8), uint8(c >> 16), 0xff}
			exact = append(exact, c)
			place[id] = uint8(i)
		} else {
			place[id] = nearest(exact, c)
		}
	}

	last = 0
	var at uint8
	for i := range out.Pix {
		if c := binary.LittleEndian.Uint32(img.Pix[4*i:]); c != last {
			last, at = c, place[t.of(c)]
		}
		out.Pix[i] = at
	}
	return out
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

func nearest(colors []uint32, c uint32) uint8 {
	best, least := 0, 1<<30
	for i, o := range colors {
		d := 0
		for _, shift := range [...]uint{0, 8, 16} {
			e := int(c>>shift&0xff) - int(o>>shift&0xff)
			d += e * e
		}
		if d < least {
			best, least = i, d
		}
	}
	return uint8(best)
}
