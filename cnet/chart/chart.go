package chart

import (
	"fmt"
	"math"
)

// Chart is one figure: panels in rows of Columns, below a common title and legend.
type Chart struct {
	Title  string
	Panels []Panel

	// Width and Height are in CSS pixels, the size at which the chart is meant to be shown. 0 means 900 wide and 40
	// plus 300 for every row of panels high. As Vega-Lite, a chart with panels beside each other may be narrower, so
	// that it fits into an output, and in a narrow window every chart is.
	Width, Height float64
	// Columns is the number of panels side by side. 0 means all of up to four panels.
	Columns int
	// Scale is the number of image pixels for one CSS pixel in a PNG; 0 means 2, which is sharp on dense screens.
	Scale float64
	// Slider chooses among the Frames of the panels.
	Slider Slider
	// Alt says in a sentence what the chart shows, for those who cannot see it; empty: what titles, axes and legend
	// say.
	Alt string
}

// Panel is one pair of axes with what is drawn between them.
type Panel struct {
	Title  string
	X, Y   Axis
	Series []Series
	Marks  []Mark

	// Cells makes the panel a heat map, Cells[row][column] with row 0 at the top. X.Labels and Y.Labels name columns
	// and rows; Z bounds the colour scale and formats the values. A panel has either Cells or Series.
	Cells [][]float64
	Z     Axis
	// Framed lists the cells {row, column} that get a thick frame; those outside of Cells are ignored.
	Framed [][2]int
	// Equal draws one unit of x as long as one unit of y, as phase portraits and maps need.
	Equal bool

	// Background lies behind the series: filled contours, regions of classes, a picture.
	Background *Background
	// Guides are straight lines of a given slope, to compare series with.
	Guides []Guide
	// Texts stand in the plot.
	Texts []Text
	// Bare leaves axes and grid out, for pictures.
	Bare bool
	// Frames are what is added to the panel in each position of the chart's Slider; none: the panel is always the same.
	Frames []Frame
	// Drives makes the cells of a heat map the positions of the slider: hovering over the cell in row i and column j
	// shows frame i·columns + j of the other panels.
	Drives bool
}

// Axis maps numbers to positions and labels. The zero value is linear and as long as the data.
type Axis struct {
	Title string
	// Min and Max bound the axis. Both 0: as far as the data reaches.
	Min, Max float64
	// Zero extends an axis without bounds to 0.
	Zero bool
	// Integer labels whole numbers only.
	Integer bool
	// Percent shows 0..1 as 0..100 %.
	Percent bool
	// Log is a logarithmic axis; values that are not positive are gaps.
	Log bool
	// Labels name the positions 0, 1, 2, ...
	Labels []string
}

// Kind selects how the points of a series are drawn.
type Kind int

const (
	// Line joins the points.
	Line Kind = iota
	// Steps draws a staircase: Y[i] holds from X[i] to X[i+1]. With one X more than Y, the X are the edges of the
	// intervals.
	Steps
	// Points draws a small shape at every point.
	Points
	// Arrows draws an arrow from every point along DX and DY.
	Arrows
)

// Series is a list of points and how to draw them.
type Series struct {
	// Name stands in the legend. Series of the same name share one colour in all panels and one entry in the legend; a
	// series without a name is not in the legend.
	Name string
	Kind Kind
	// X and Y are the points; a nil X counts 0, 1, 2, ... A NaN or infinite value is a gap.
	X, Y []float64
	// DX and DY are how far Arrows reach, in units of the axes; see [Field].
	DX, DY []float64

	// Color is "#rrggbb", such as [Blue]; empty: the next of the palette.
	Color string
	// Like is the name of the series whose colour this one takes.
	Like string
	// Dashed draws the line dashed.
	Dashed bool
	// Light draws thin and pale, for context. The y axis ignores the outliers of a light line.
	Light bool
	// Dots marks the points of a line. A point with gaps on both sides is always marked.
	Dots bool

	own *look // see looked
}

// Mark is a vertical line at an x value, with a small label above the panel.
type Mark struct {
	At    float64
	Label string
	// Across draws a horizontal line at a y value, with its label on it.
	Across bool
}

// Size returns the size in CSS pixels at which the chart is meant to be shown: the size of an SVG; a PNG has Scale
// times as many pixels in each direction.
//
// With a slider it is the size of its chosen frames side by side.
func (c Chart) Size() (width, height float64) {
	return c.still().size()
}

// size returns the size of what is shown at a time.
func (c Chart) size() (width, height float64) {
	width, height = c.Width, c.Height
	if width == 0 {
		width = 900
	}
	if height == 0 {
		rows := 1
		if cols := c.columns(); cols > 0 {
			rows = max(1, (len(c.Panels)+cols-1)/cols)
		}
		height = 40 + 300*float64(rows)
	}
	return width, height
}

func (c Chart) columns() int {
	if c.Columns > 0 {
		return min(c.Columns, max(1, len(c.Panels)))
	}
	n := len(c.Panels)
	if n <= 4 {
		return max(1, n)
	}
	return min(4, int(math.Ceil(math.Sqrt(float64(n)))))
}

func (c Chart) scale() float64 {
	if c.Scale == 0 {
		return 2
	}
	return math.Round(72*c.Scale) / 72 // the raster canvas counts in whole dots per inch
}

// nameOf returns how an error refers to a panel or series: by its name, or by its number if it has none.
func nameOf(what string, i int, name string) string {
	if name == "" {
		return fmt.Sprintf("%s %d", what, i+1)
	}
	return fmt.Sprintf("%s %q", what, name)
}

// check returns an error for the first thing that cannot be drawn.
func (c Chart) check() error {
	const most = 16384
	w, h := c.Size()
	s := c.scale()
	if !(s >= 0.1 && s <= 16) {
		return fmt.Errorf("chart: Scale is %v; expected 0.1 to 16", c.Scale)
	}
	for _, d := range []struct {
		name  string
		value float64
	}{{"Width", w}, {"Height", h}} {
		if !(d.value >= 1 && d.value*s <= most) {
			return fmt.Errorf("chart: %s is %v; expected 1 to %v pixels (%d at scale %v)", d.name, d.value,
				math.Floor(most/s), most, s)
		}
	}
	if c.Columns < 0 {
		return fmt.Errorf("chart: Columns is %d; expected 0 or more", c.Columns)
	}
	if err := c.checkSlider(); err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	for i, p := range c.Panels {
		if err := p.check(); err != nil {
			return fmt.Errorf("chart: %s: %w", nameOf("panel", i, p.Title), err)
		}
		for k := range p.Frames {
			if err := p.at(k).check(); err != nil {
				return fmt.Errorf("chart: %s: frame %d: %w", nameOf("panel", i, p.Title), k, err)
			}
		}
	}
	return nil
}

func (p Panel) check() error {
	for _, a := range []struct {
		name string
		axis Axis
	}{{"x", p.X}, {"y", p.Y}, {"z", p.Z}} {
		x := a.axis
		if x.fixed() && !(finite(x.Min) && finite(x.Max) && x.Min < x.Max) {
			return fmt.Errorf("%s axis runs from %v to %v; expected Min < Max", a.name, x.Min, x.Max)
		}
		if x.fixed() && x.Log && x.Min <= 0 {
			return fmt.Errorf("%s axis is logarithmic and starts at %v; expected Min > 0", a.name, x.Min)
		}
	}
	if p.Cells != nil {
		return p.checkCells()
	}
	for i, s := range p.Series {
		if err := s.check(); err != nil {
			return fmt.Errorf("%s: %w", nameOf("series", i, s.Name), err)
		}
	}
	for i, g := range p.Guides {
		if err := g.check(p); err != nil {
			return fmt.Errorf("%s: %w", nameOf("guide", i, g.Label), err)
		}
	}
	for i, t := range p.Texts {
		if t.Color != "" {
			if _, err := parseColor(t.Color); err != nil {
				return fmt.Errorf("%s: %w", nameOf("text", i, t.Text), err)
			}
		}
	}
	return p.Background.check(p)
}

func (p Panel) checkCells() error {
	if len(p.Series) > 0 {
		return fmt.Errorf("has both Cells and %d series; expected one of them", len(p.Series))
	}
	for i, row := range p.Cells {
		if len(row) != len(p.Cells[0]) {
			return fmt.Errorf("row %d of Cells has %d values, row 0 has %d", i, len(row), len(p.Cells[0]))
		}
		if n := len(p.X.Labels); n > 0 && n != len(row) {
			return fmt.Errorf("has %d names in X.Labels for %d columns of Cells", n, len(row))
		}
	}
	if n := len(p.Y.Labels); n > 0 && n != len(p.Cells) {
		return fmt.Errorf("has %d names in Y.Labels for %d rows of Cells", n, len(p.Cells))
	}
	return nil
}

func (s Series) check() error {
	if s.Kind < Line || s.Kind > Arrows {
		return fmt.Errorf("unknown kind %d; expected Line, Steps, Points or Arrows", int(s.Kind))
	}
	if n := len(s.Y); s.Kind == Arrows && (len(s.DX) != n || len(s.DY) != n) {
		return fmt.Errorf("has %d values in DX and %d in DY for %d arrows; expected as many of each", len(s.DX),
			len(s.DY), n)
	}
	if s.Kind != Arrows && (s.DX != nil || s.DY != nil) {
		return fmt.Errorf("has DX or DY, which only Arrows have")
	}
	edges := s.edges()
	if s.X != nil && len(s.X) != len(s.Y) && !edges {
		more := ""
		if s.Kind == Steps {
			more = " or one more"
		}
		return fmt.Errorf("has %d values in X and %d in Y; expected as many X%s", len(s.X), len(s.Y), more)
	}
	if s.Color != "" {
		if _, err := parseColor(s.Color); err != nil {
			return err
		}
	}
	return nil
}

// edges reports whether X holds the edges of intervals on which Y is constant.
func (s Series) edges() bool {
	return s.Kind == Steps && len(s.X) == len(s.Y)+1
}

// x returns the i-th position.
func (s Series) x(i int) float64 {
	if s.X == nil {
		return float64(i)
	}
	return s.X[i]
}

// finite reports whether v can be placed on an axis. Values beyond 1e150 count as infinite: the arithmetic of the axes
// would overflow.
func finite(v float64) bool { return math.Abs(v) < 1e150 }

// fixed reports whether the axis has bounds of its own.
func (a Axis) fixed() bool { return a.Min != 0 || a.Max != 0 }
