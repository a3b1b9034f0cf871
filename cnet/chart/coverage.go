package chart

import (
	"image"
	"image/color"

	"golang.org/x/image/math/fixed"
)

// coverage adds up how much of each pixel closed outlines cover: for every pixel that an edge goes through, how far
// down it leads there, and the area to the left of it (Levien, "The cl-aa algorithm"; FreeType's smooth rasterizer).
// Adding an edge to a pixel takes the same time however many there are. The rasterizer of freetype, which keeps the
// pixels of a row in a list that it searches for each edge, comes to the same numbers, but a line that goes over a plot
// a hundred times takes it seconds.
//
// It is a freetype/raster.Adder. The unit of its coordinates is 1/64 of a pixel.
type coverage struct {
	in    image.Rectangle
	cells []cell // of each row of in, with one before and one behind it
	rows  []touched
	at    fixed.Point26_6
}

type cell struct{ area, cover int }

// touched is the part of a row that edges go through, as indices of its cells.
type touched struct{ lo, hi int }

// reset prepares for a part of the picture. All cells are zero: paint leaves them so.
func (c *coverage) reset(in image.Rectangle) {
	c.in = in
	if n := (in.Dx() + 2) * in.Dy(); n > len(c.cells) {
		c.cells = make([]cell, n)
	}
	c.rows = c.rows[:0]
	for range in.Dy() {
		c.rows = append(c.rows, touched{in.Dx() + 2, -1})
	}
}

// Start begins an outline.
func (c *coverage) Start(a fixed.Point26_6) { c.at = a }

// Add1 adds a straight edge.
func (c *coverage) Add1(b fixed.Point26_6) {
	a := c.at
	c.at = b
	top, bottom := c.in.Min.Y<<6, c.in.Max.Y<<6
	x0, y0, x1, y1 := int(a.X), int(a.Y), int(b.X), int(b.Y)
	if y0 == y1 || max(y0, y1) <= top || min(y0, y1) >= bottom {
		return
	}
	row, last, step, edge := y0>>6, y1>>6, 1, 64
	if y1 < y0 {
		step, edge = -1, 0
	}
	x, y := x0, y0
	xAt := func(y int) int { return x0 + floored(abs(y-y0)*(x1-x0), abs(y1-y0)) }
	if skipped := min(max(row, c.in.Min.Y), c.in.Max.Y-1); skipped != row {
		row, y = skipped, skipped<<6+64-edge
		x = xAt(y)
	}
	for ; row != last; row += step {
		if row < c.in.Min.Y || row >= c.in.Max.Y {
			return
		}
		nextY := row<<6 + edge
		nextX := xAt(nextY)
		c.scan(row, x, y, nextX, nextY)
		x, y = nextX, nextY
	}
	c.scan(row, x, y, x1, y1)
}

// scan adds a part of an edge that lies in one row.
func (c *coverage) scan(row, x0, y0, x1, y1 int) {
	row -= c.in.Min.Y
	if y0 == y1 || row < 0 || row >= len(c.rows) {
		return
	}
	stride := c.in.Dx() + 2
	cells := c.cells[row*stride : (row+1)*stride]
	t := &c.rows[row]
	add := func(column, around, down int) { // around is twice the distance of the edge's middle from the left
		i := min(max(column-c.in.Min.X+1, 0), stride-1)
		cells[i].area += around * down
		cells[i].cover += down
		t.lo, t.hi = min(t.lo, i), max(t.hi, i)
	}
	column, last, step, edge := x0>>6, x1>>6, 1, 64
	if x1 < x0 {
		step, edge = -1, 0
	}
	x, y := x0, y0
	for ; column != last; column += step {
		nextX := column<<6 + edge
		nextY := y0 + floored(abs(nextX-x0)*(y1-y0), abs(x1-x0))
		add(column, x+nextX-column<<7, nextY-y)
		x, y = nextX, nextY
	}
	add(column, x+x1-column<<7, y1-y)
}

// Add2 adds an arc with one control point, as short straight edges.
func (c *coverage) Add2(b, d fixed.Point26_6) {
	a := c.at
	halvings := 0
	for off := max(abs(int(a.X-2*b.X+d.X)), abs(int(a.Y-2*b.Y+d.Y))) / 128; off > 0; off /= 4 {
		halvings++
	}
	c.arc(a, b, d, halvings)
}

func (c *coverage) arc(a, b, d fixed.Point26_6, halvings int) {
	if halvings == 0 {
		c.Add1(fixed.Point26_6{X: (a.X + 2*b.X + d.X) / 4, Y: (a.Y + 2*b.Y + d.Y) / 4})
		c.Add1(d)
		return
	}
	ab, bd := middle(a, b), middle(b, d)
	m := middle(ab, bd)
	c.arc(a, ab, m, halvings-1)
	c.arc(m, bd, d, halvings-1)
}

// Add3 is for round caps, which no line has.
func (c *coverage) Add3(_, _, _ fixed.Point26_6) { panic("chart: cubic outline") }

// paint colours what is covered, overlaps once, and makes the cells zero again.
func (c *coverage) paint(img *image.RGBA, with color.Color) {
	const full = 1<<16 - 1
	red, green, blue, opacity := with.RGBA()
	stride := c.in.Dx() + 2
	for row, t := range c.rows {
		if t.hi < 0 {
			continue
		}
		cells := c.cells[row*stride : (row+1)*stride]
		pix := img.Pix[img.PixOffset(c.in.Min.X, c.in.Min.Y+row):]
		cover := 0
		for i := t.lo; i <= t.hi; i++ {
			cover += cells[i].cover
			by := shade(cover<<7 - cells[i].area)
			cells[i] = cell{}
			if by == 0 || i == 0 || i == stride-1 {
				continue
			}
			p := pix[4*(i-1) : 4*i : 4*i]
			rest := (full - opacity*by/full) * 0x101
			p[0] = uint8((uint32(p[0])*rest + red*by) / full >> 8)
			p[1] = uint8((uint32(p[1])*rest + green*by) / full >> 8)
			p[2] = uint8((uint32(p[2])*rest + blue*by) / full >> 8)
			p[3] = uint8((uint32(p[3])*rest + opacity*by) / full >> 8)
		}
	}
}

// shade returns the share of a pixel that an area covers, which is 2·64² for all of it, from 0 to 1<<16 − 1. Outlines
// over each other cover it no more than one does.
func shade(area int) uint32 {
	a := uint32(min(abs((area+1)>>1), 1<<12-1))
	return a<<4 | a>>8
}

func middle(a, b fixed.Point26_6) fixed.Point26_6 {
	return fixed.Point26_6{X: (a.X + b.X) / 2, Y: (a.Y + b.Y) / 2}
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}

// floored returns a/b rounded down; b is positive.
func floored(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
