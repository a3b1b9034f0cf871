package chart

import (
	"fmt"
	"image/color"
	"slices"
	"strconv"
)

// The colours of Okabe and Ito, for Series.Color, without yellow, which cannot be seen on white.
const (
	Blue       = "#0072b2"
	Vermillion = "#d55e00"
	Green      = "#009e73"
	Purple     = "#cc79a7"
	Orange     = "#e69f00"
	SkyBlue    = "#56b4e9"
	Black      = "#222222"
	Gray       = "#8a8f98"
)

// palette lists the colours in the order in which series get them.
var palette = [...]string{Blue, Vermillion, Green, Purple, Orange, SkyBlue, Black}

var (
	white     = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	inkColor  = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	textColor = color.NRGBA{0x4a, 0x4f, 0x57, 0xff}
	axisColor = color.NRGBA{0x9a, 0x9f, 0xa7, 0xff}
	gridColor = color.NRGBA{0xe8, 0xea, 0xed, 0xff}
	rimColor  = color.NRGBA{0xdc, 0xdf, 0xe3, 0xff}
	markColor = color.NRGBA{0x6b, 0x70, 0x78, 0xff}
)

// Neutral returns the colours of what charts draw besides series, background, text, axes and grid, as "#rrggbb", with
// the variable of JupyterLab's theme that stands for each, without its prefix: an SVG in a page can follow the theme.
func Neutral() map[string]string {
	return map[string]string{
		hex(white): "layout-color0", hex(inkColor): "content-font-color0", hex(textColor): "content-font-color1",
		hex(markColor): "content-font-color2", hex(axisColor): "border-color0", hex(gridColor): "border-color2",
		hex(paler(markColor, 0.25)): "content-font-color3",
	}
}

func parseColor(s string) (color.NRGBA, error) {
	if len(s) == 7 && s[0] == '#' {
		if v, err := strconv.ParseUint(s[1:], 16, 32); err == nil {
			return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xff}, nil
		}
	}
	return color.NRGBA{}, fmt.Errorf("colour %q; expected the form #rrggbb", s)
}

// paler mixes c with the share by of white, from 0 to 1. The result is opaque, which draws faster and does not darken
// where strokes cross.
func paler(c color.NRGBA, by float64) color.NRGBA {
	mix := func(v uint8) uint8 { return uint8(float64(v) + (255-float64(v))*by + 0.5) }
	return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), 0xff}
}

// look holds what distinguishes one series from another: colour, shape of points, dashes.
type look struct {
	color  color.NRGBA
	index  int // in the palette; it also selects the shape of points
	dashed bool
}

// looks assigns colours to names in the order in which they first appear in the chart.
type looks struct {
	byName map[string]look
	next   int
}

func newLooks(c Chart) *looks {
	l := &looks{byName: map[string]look{}}
	for _, i := range c.panelsThatStay() {
		for _, s := range c.Panels[i].all().Series {
			if s.Name == "" || s.Like != "" {
				continue
			}
			if _, seen := l.byName[s.Name]; seen {
				continue
			}
			if s.own != nil {
				l.byName[s.Name] = *s.own
			} else {
				l.byName[s.Name] = l.take(s.Color)
			}
		}
	}
	return l
}

// panelsThatStay returns the indices of the panels as they stand in a picture: those without frames come first.
func (c Chart) panelsThatStay() (list []int) {
	for _, moving := range []bool{false, true} {
		for i, p := range c.Panels {
			if len(p.Frames) > 0 == moving {
				list = append(list, i)
			}
		}
	}
	return list
}

// looked returns the chart with the look that each series has in pictures and in Vega-Lite alike. Of series without a
// name, the first of each frame look alike, the second, and so on.
func (c Chart) looked() Chart {
	l := newLooks(c)
	give := func(list []Series, nameless *[]look) []Series {
		list, n := slices.Clone(list), 0
		for i, s := range list {
			var k look
			if s.Name == "" && s.Like == "" && s.Color == "" && s.own == nil {
				if n == len(*nameless) {
					*nameless = append(*nameless, l.take(""))
				}
				k = (*nameless)[n]
				n++
			} else {
				k = l.of(Series{Name: s.Name, Like: s.Like, Color: s.Color, own: s.own})
			}
			list[i].own = &k
		}
		return list
	}
	c.Panels = slices.Clone(c.Panels)
	for _, i := range c.panelsThatStay() {
		p := &c.Panels[i]
		p.Series, p.Frames = give(p.Series, new([]look)), slices.Clone(p.Frames)
		var nameless []look
		for k := range p.Frames {
			p.Frames[k].Series = give(p.Frames[k].Series, &nameless)
		}
	}
	return c
}

func (l *looks) take(chosen string) look {
	if c, err := parseColor(chosen); err == nil {
		return look{color: c}
	}
	c, _ := parseColor(palette[l.next%len(palette)])
	k := look{color: c, index: l.next, dashed: (l.next/len(palette))%2 == 1}
	l.next++
	return k
}

func (l *looks) of(s Series) look {
	key := s.Name
	if s.Like != "" {
		key = s.Like
	}
	k, known := l.byName[key]
	switch {
	case s.own != nil:
		k = *s.own
	case !known:
		k = l.take(s.Color)
	}
	if !known && key != "" {
		l.byName[key] = k
	}
	if c, err := parseColor(s.Color); err == nil {
		k.color = c
	}
	k.dashed = k.dashed || s.Dashed
	return k
}

// blues is the scale of heat maps, light to dark (ColorBrewer's sequential Blues, shortened at the dark end).
var blues = [...]color.NRGBA{
	{0xf3, 0xf8, 0xfd, 0xff}, {0xd6, 0xe6, 0xf4, 0xff}, {0xab, 0xd0, 0xe6, 0xff}, {0x6a, 0xae, 0xd6, 0xff},
	{0x38, 0x88, 0xc1, 0xff}, {0x10, 0x63, 0xa8, 0xff}, {0x08, 0x3f, 0x80, 0xff},
}

func heatColor(t float64) color.NRGBA {
	t = min(max(t, 0), 1) * float64(len(blues)-1)
	i := min(int(t), len(blues)-2)
	f := t - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*f + 0.5) }
	a, b := blues[i], blues[i+1]
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}
