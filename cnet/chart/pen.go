package chart

import (
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// point is a place on the canvas in CSS pixels from the top left.
type point struct{ x, y float64 }

// rect is a part of the canvas.
type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) w() float64 { return r.x1 - r.x0 }
func (r rect) h() float64 { return r.y1 - r.y0 }

// pen draws on a canvas of gonum/plot, whose unit is one CSS pixel here and whose origin is the bottom left. Strokes
// and fills of one style are one call each: a raster canvas pays per call.
type pen struct {
	to     vg.Canvas
	height float64
}

type stroke struct {
	color  color.NRGBA
	width  float64
	dashed bool
	dotted bool
}

func (p pen) at(q point) vg.Point {
	return vg.Point{X: vg.Length(q.x), Y: vg.Length(p.height - q.y)}
}

// dashes returns the lengths of dashes and gaps, in turn; none is a line without gaps.
func (s stroke) dashes() []vg.Length {
	switch {
	case s.dashed:
		return []vg.Length{6, 3.5}
	case s.dotted:
		return []vg.Length{2, 3}
	}
	return nil
}

func (p pen) lines(s stroke, lines ...[]point) {
	if r, ok := p.to.(*raster); ok {
		r.lines(s, lines)
		return
	}
	path := make(vg.Path, 0, points(lines))
	for _, l := range lines {
		for i, q := range l {
			if i == 0 {
				path.Move(p.at(q))
			} else {
				path.Line(p.at(q))
			}
		}
	}
	if len(path) == 0 {
		return
	}
	p.to.SetColor(s.color)
	p.to.SetLineWidth(vg.Length(s.width))
	p.to.SetLineDash(s.dashes(), 0)
	p.to.Stroke(path)
}

func (p pen) fill(c color.NRGBA, polygons ...[]point) {
	polygons = slices.DeleteFunc(slices.Clone(polygons), func(poly []point) bool { return len(poly) < 3 })
	if r, ok := p.to.(*raster); ok {
		r.fill(c, polygons)
		return
	}
	path := make(vg.Path, 0, points(polygons)+len(polygons))
	for _, poly := range polygons {
		path.Move(p.at(poly[0]))
		for _, q := range poly[1:] {
			path.Line(p.at(q))
		}
		path.Close()
	}
	if len(path) == 0 {
		return
	}
	p.to.SetColor(c)
	p.to.Fill(path)
}

func points(lines [][]point) int {
	n := 0
	for _, l := range lines {
		n += len(l)
	}
	return n
}

func (r rect) polygon() []point {
	return []point{{r.x0, r.y0}, {r.x1, r.y0}, {r.x1, r.y1}, {r.x0, r.y1}}
}

// dots fills one shape at every point.
func (p pen) dots(c color.NRGBA, shape int, radius float64, at []point) {
	polygons := make([][]point, len(at))
	corners := shapes[shape%len(shapes)]
	for i, q := range at {
		poly := make([]point, len(corners))
		for j, k := range corners {
			poly[j] = point{q.x + radius*k.x, q.y + radius*k.y}
		}
		polygons[i] = poly
	}
	p.fill(c, polygons...)
}

// shapes are a disc, a square, a triangle and a diamond of about equal area.
var shapes = [][]point{
	regular(20, 0, 1),
	regular(4, math.Pi/4, 1.22),
	regular(3, -math.Pi/2, 1.45),
	regular(4, 0, 1.28),
}

func regular(n int, turn, r float64) []point {
	ps := make([]point, n)
	for i := range ps {
		sin, cos := math.Sincos(turn + 2*math.Pi*float64(i)/float64(n))
		ps[i] = point{r * cos, r * sin}
	}
	return ps
}

// letters is a style of text.
type letters struct {
	size  float64
	bold  bool
	color color.NRGBA
	align float64 // 0 left, 0.5 centred, 1 right
}

var (
	titleLetters  = letters{size: 15, bold: true, color: inkColor}
	panelLetters  = letters{size: 12.5, bold: true, color: inkColor}
	legendLetters = letters{size: 12, color: textColor}
	axisLetters   = letters{size: 12, color: textColor}
	tickLetters   = letters{size: 11, color: textColor}
	markLetters   = letters{size: 10.5, color: markColor}
	hintLetters   = letters{size: 10, color: textColor}
)

func (l letters) aligned(a float64) letters     { l.align = a; return l }
func (l letters) colored(c color.NRGBA) letters { l.color = c; return l }

// width returns the width of a text.
func (l letters) width(s string) float64 {
	w := 0.0
	for _, r := range raised(s) {
		m := l
		if r.up {
			m.size *= raisedSize
		}
		f := m.face()
		w += float64(f.Width(r.text))
	}
	return w
}

func (p pen) text(l letters, x, y float64, s string) { p.write(l, point{x, y}, s, false) }

// up writes from bottom to top; x is the baseline, y the place that the alignment refers to.
func (p pen) up(l letters, x, y float64, s string) { p.write(l, point{x, y}, s, true) }

// raisedSize is the size of superscripts, raisedBy how high they stand, both in sizes of the letters around them.
const raisedSize, raisedBy = 0.72, 0.36

// part is a stretch of a text of ordinary or of raised letters.
type part struct {
	text string
	up   bool
}

// raised cuts a text into stretches. The fonts lack most superscripts, which are drawn as small digits therefore.
func raised(s string) []part {
	if !strings.ContainsAny(s, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹") {
		return []part{{text: s}}
	}
	var parts []part
	for _, r := range s {
		digit := slices.Index(superscripts, string(r))
		up := digit >= 0
		text := string(r)
		switch {
		case digit == 0:
			text = "−"
		case up:
			text = strconv.Itoa(digit - 1)
		}
		if n := len(parts); n > 0 && parts[n-1].up == up {
			parts[n-1].text += text
		} else {
			parts = append(parts, part{text, up})
		}
	}
	return parts
}

func (p pen) write(l letters, q point, s string, up bool) {
	if s == "" {
		return
	}
	if parts := raised(s); len(parts) > 1 || parts[0].up {
		along := -l.align * l.width(s)
		for _, r := range parts {
			m, at := l.aligned(0), q
			lift := 0.0
			if r.up {
				m.size *= raisedSize
				lift = raisedBy * l.size
			}
			if up {
				at.x, at.y = at.x-lift, at.y-along
			} else {
				at.x, at.y = at.x+along, at.y-lift
			}
			p.write(m, at, r.text, up)
			along += m.width(r.text)
		}
		return
	}
	face := l.face()
	if r, ok := p.to.(*raster); ok && !up {
		r.text(l, q, s)
		return
	}
	p.to.SetColor(l.color)
	pt := p.at(q)
	back := vg.Length(l.align) * face.Width(s)
	if !up {
		p.to.FillString(face, vg.Point{X: pt.X - back, Y: pt.Y}, s)
		return
	}
	p.to.Push()
	p.to.Rotate(math.Pi / 2) // about the origin: x' = y, y' = -x
	p.to.FillString(face, vg.Point{X: pt.Y - back, Y: -pt.X}, s)
	p.to.Pop()
}

// fit shortens s to a width, with an ellipsis.
func (l letters) fit(s string, width float64) string {
	if l.width(s) <= width {
		return s
	}
	rs := []rune(s)
	for n := len(rs) - 1; n > 0; n-- {
		if t := strings.TrimRight(string(rs[:n]), " ") + "…"; l.width(t) <= width {
			return t
		}
	}
	return ""
}

// clean makes text one line of printable characters: XML has no place for control characters.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == 0xFFFE, r == 0xFFFF:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// fonts are the two faces of all charts: Liberation Sans, whose letters are as wide as Arial's.
var fonts = sync.OnceValue(func() [2]*opentype.Font {
	var fs [2]*opentype.Font
	for i, ttf := range [][]byte{liberationsansregular.TTF, liberationsansbold.TTF} {
		f, err := opentype.Parse(ttf)
		if err != nil {
			panic(err) // the fonts are part of the program
		}
		fs[i] = f
	}
	return fs
})

func (l letters) face() font.Face {
	f := font.Face{
		Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(l.size)},
		Face: fonts()[0],
	}
	if l.bold {
		f.Font.Weight = xfont.WeightBold
		f.Face = fonts()[1]
	}
	return f
}
