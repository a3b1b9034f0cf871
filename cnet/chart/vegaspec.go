package chart

import (
	"encoding/json"
	"math"
	"strconv"
)

// The parts of Vega-Lite 5 that charts are made of, as far as version 5.6 knows them. Absent fields have the defaults
// of Vega-Lite, whose reference is https://vega.github.io/vega-lite/docs.

// vlSpec has views beside each other in Concat, or is a view itself.
type vlSpec struct {
	Schema      string             `json:"$schema"`
	Description string             `json:"description,omitempty"`
	Title       *vlTitle           `json:"title,omitempty"`
	Params      []vlParam          `json:"params,omitempty"`
	Datasets    map[string][]vlRow `json:"datasets,omitempty"`
	Concat      []vlView           `json:"concat,omitempty"`
	Columns     any                `json:"columns,omitempty"` // a number or a vlSignal
	Spacing     float64            `json:"spacing,omitempty"`
	Width       float64            `json:"width,omitempty"`
	Height      float64            `json:"height,omitempty"`
	Layer       []vlLayer          `json:"layer,omitempty"`
	Autosize    *vlAutosize        `json:"autosize,omitempty"`
	Config      vlConfig           `json:"config"`
}

// vlAutosize with Resize makes the picture as large as it is now; otherwise it stays as large as it was at first.
type vlAutosize struct {
	Type   string `json:"type"`
	Resize bool   `json:"resize"`
}

type vlSignal struct {
	Signal string `json:"signal"`
}

// vlExpr is a value that is computed; a string of it is an expression of Vega.
type vlExpr struct {
	Expr string `json:"expr"`
}

type vlTitle struct {
	Text             any     `json:"text"` // a string, lines or a vlExpr
	Subtitle         any     `json:"subtitle,omitempty"`
	Anchor           string  `json:"anchor,omitempty"`
	FontSize         float64 `json:"fontSize,omitempty"`
	FontWeight       string  `json:"fontWeight,omitempty"`
	Color            any     `json:"color,omitempty"`
	SubtitleFontSize float64 `json:"subtitleFontSize,omitempty"`
	SubtitleColor    any     `json:"subtitleColor,omitempty"`
	Offset           float64 `json:"offset,omitempty"`
}

// vlParam is a variable, or a selection if Select is there.
type vlParam struct {
	Name   string    `json:"name"`
	Value  any       `json:"value,omitempty"`
	Expr   string    `json:"expr,omitempty"`
	Bind   any       `json:"bind,omitempty"` // "scales", a vlLegendBind or a vlBind
	Select *vlSelect `json:"select,omitempty"`
}

type vlBind struct {
	Input string   `json:"input"`
	Name  string   `json:"name,omitempty"`
	Min   *float64 `json:"min,omitempty"`
	Max   *float64 `json:"max,omitempty"`
	Step  float64  `json:"step,omitempty"`
}

// vlLegendBind binds a selection to the clicks on a legend that a selector of Vega's events names.
type vlLegendBind struct {
	Legend string `json:"legend"`
}

type vlSelect struct {
	Type    string   `json:"type"`
	Fields  []string `json:"fields,omitempty"`
	On      string   `json:"on,omitempty"`
	Clear   any      `json:"clear,omitempty"` // a string or false
	Nearest bool     `json:"nearest,omitempty"`
	Toggle  any      `json:"toggle,omitempty"`
	Zoom    string   `json:"zoom,omitempty"`
}

// vlConfig holds signals of Vega itself beside settings of Vega-Lite: those with timers are possible only here.
type vlConfig struct {
	View    vlViewConfig `json:"view"`
	Mark    vlMarkConfig `json:"mark"`
	Axis    vlAxis       `json:"axis"`
	Legend  vlLegend     `json:"legend"`
	Signals []vgSignal   `json:"signals,omitempty"`
}

type vlMarkConfig struct {
	Aria bool `json:"aria"`
}

type vlViewConfig struct {
	Stroke *string `json:"stroke"` // null: no frame
}

// vgSignal is a signal of Vega 5.
type vgSignal struct {
	Name  string      `json:"name"`
	Value any         `json:"value,omitempty"`
	Init  string      `json:"init,omitempty"`
	Bind  *vlBind     `json:"bind,omitempty"`
	On    []vgHandler `json:"on,omitempty"`
}

type vgHandler struct {
	Events any    `json:"events"` // a string or a vgEvents
	Update string `json:"update"`
}

type vgEvents struct {
	Type     string  `json:"type"`
	Throttle float64 `json:"throttle,omitempty"`
}

type vlView struct {
	Name   string    `json:"name"`
	Title  *vlTitle  `json:"title,omitempty"`
	Width  float64   `json:"width"`
	Height float64   `json:"height"`
	Layer  []vlLayer `json:"layer"`

	narrow rect // the plot in a narrow window
}

type vlLayer struct {
	Data      vlData        `json:"data"`
	Transform []vlTransform `json:"transform,omitempty"`
	Mark      vlMark        `json:"mark"`
	Params    []vlParam     `json:"params,omitempty"`
	Encoding  vlEncoding    `json:"encoding"`

	says []vlChannel // for readers of screens, where it is not the tooltip
}

// vlData names one of the data sets of the specification.
type vlData struct {
	Name string `json:"name"`
}

// vlRow is a row of data with arrays, which the transform flatten makes rows of.
type vlRow struct {
	Frame  *int     `json:"k,omitempty"`
	Index  *int     `json:"i,omitempty"` // of a picture
	Group  *int     `json:"g,omitempty"` // of series that are drawn alike
	Series string   `json:"s,omitempty"`
	X      nums     `json:"x,omitzero"`
	Y      nums     `json:"y,omitzero"`
	X2     nums     `json:"x2,omitzero"`
	Y2     nums     `json:"y2,omitzero"`
	Value  nums     `json:"v,omitzero"`
	Text   []string `json:"t,omitempty"`
	URL    string   `json:"u,omitempty"`
}

// vlTransform is one of its three.
type vlTransform struct {
	Filter    string   `json:"filter,omitempty"`
	Flatten   []string `json:"flatten,omitempty"`
	Calculate string   `json:"calculate,omitempty"`
	As        string   `json:"as,omitempty"`
}

type vlMark struct {
	Type        string    `json:"type"`
	Color       any       `json:"color,omitempty"` // a string or a vlExpr
	Stroke      any       `json:"stroke,omitempty"`
	StrokeWidth float64   `json:"strokeWidth,omitempty"`
	StrokeDash  []float64 `json:"strokeDash,omitempty"`
	StrokeCap   string    `json:"strokeCap,omitempty"`
	StrokeJoin  string    `json:"strokeJoin,omitempty"`
	Filled      *bool     `json:"filled,omitempty"`
	Opacity     *float64  `json:"opacity,omitempty"`
	Size        float64   `json:"size,omitempty"`
	Shape       string    `json:"shape,omitempty"`
	Clip        *bool     `json:"clip,omitempty"`
	Order       *bool     `json:"order,omitempty"` // false: lines join points in the order of the data
	Align       string    `json:"align,omitempty"`
	Baseline    string    `json:"baseline,omitempty"`
	DX          float64   `json:"dx,omitempty"`
	DY          float64   `json:"dy,omitempty"`
	FontSize    float64   `json:"fontSize,omitempty"`
	Limit       float64   `json:"limit,omitempty"`
	Aspect      *bool     `json:"aspect,omitempty"`
	Smooth      *bool     `json:"smooth,omitempty"`
	Tooltip     *bool     `json:"tooltip,omitempty"`
	Aria        *bool     `json:"aria,omitempty"`
	Invalid     any       `json:"invalid,omitempty"` // json.RawMessage("null"): what has no value is drawn, too
}

type vlEncoding struct {
	X          *vlChannel  `json:"x,omitempty"`
	Y          *vlChannel  `json:"y,omitempty"`
	X2         *vlChannel  `json:"x2,omitempty"`
	Y2         *vlChannel  `json:"y2,omitempty"`
	Color      *vlChannel  `json:"color,omitempty"`
	Fill       *vlChannel  `json:"fill,omitempty"`
	Shape      *vlChannel  `json:"shape,omitempty"`
	StrokeDash *vlChannel  `json:"strokeDash,omitempty"`
	Opacity    *vlChannel  `json:"opacity,omitempty"`
	Text       *vlChannel  `json:"text,omitempty"`
	URL        *vlChannel  `json:"url,omitempty"`
	Detail     *vlChannel  `json:"detail,omitempty"`
	Tooltip    []vlChannel `json:"tooltip,omitempty"`

	Description *vlChannel `json:"description,omitempty"`
}

// vlChannel takes a field, or a value.
type vlChannel struct {
	Field     string       `json:"field,omitempty"`
	Type      string       `json:"type,omitempty"`
	Title     *string      `json:"title,omitempty"`
	Scale     *vlScale     `json:"scale,omitempty"`
	Axis      *vlAxis      `json:"axis,omitempty"`
	Legend    *vlLegend    `json:"legend,omitempty"`
	Condition *vlCondition `json:"condition,omitempty"`
	Value     any          `json:"value,omitempty"`

	noAxis, noLegend bool // null: neither axis nor legend
}

// MarshalJSON writes axes and legends that are turned off as null.
func (c vlChannel) MarshalJSON() ([]byte, error) {
	type plain vlChannel
	if !c.noAxis && !c.noLegend {
		return json.Marshal(plain(c))
	}
	none := struct {
		plain
		Axis   *vlAxis   `json:"axis,omitempty"`
		Legend *vlLegend `json:"legend,omitempty"`
	}{plain: plain(c)}
	text, err := json.Marshal(none)
	if err != nil {
		return nil, err
	}
	name := "axis"
	if c.noLegend {
		name = "legend"
	}
	return append(text[:len(text)-1], `,"`+name+`":null}`...), nil
}

type vlScale struct {
	Type   string `json:"type,omitempty"`
	Domain any    `json:"domain,omitempty"` // nums, []string or []int
	Range  any    `json:"range,omitempty"`
	Nice   *bool  `json:"nice,omitempty"`
	Zero   *bool  `json:"zero,omitempty"`
	Clamp  *bool  `json:"clamp,omitempty"`
	// PaddingInner is the share of a cell of a heat map that stays free.
	PaddingInner float64 `json:"paddingInner,omitempty"`
}

type vlAxis struct {
	Title           *string `json:"title,omitempty"`
	Values          nums    `json:"values,omitzero"`
	Format          string  `json:"format,omitempty"`
	LabelExpr       string  `json:"labelExpr,omitempty"`
	LabelAngle      any     `json:"labelAngle,omitempty"` // a number or a vlExpr, as are the others of type any
	LabelLimit      any     `json:"labelLimit,omitempty"`
	LabelFontSize   float64 `json:"labelFontSize,omitempty"`
	TitleFontSize   float64 `json:"titleFontSize,omitempty"`
	TitleLimit      any     `json:"titleLimit,omitempty"`
	TitleFontWeight string  `json:"titleFontWeight,omitempty"`
	LabelOverlap    any     `json:"labelOverlap,omitempty"`
	TickCount       any     `json:"tickCount,omitempty"`
	Grid            *bool   `json:"grid,omitempty"`
	GridOpacity     any     `json:"gridOpacity,omitempty"`
	Ticks           *bool   `json:"ticks,omitempty"`
	Domain          *bool   `json:"domain,omitempty"`
}

type vlLegend struct {
	Orient        string   `json:"orient,omitempty"`
	Title         *string  `json:"title,omitempty"`
	LabelFontSize float64  `json:"labelFontSize,omitempty"`
	LabelLimit    any      `json:"labelLimit,omitempty"`
	SymbolType    string   `json:"symbolType,omitempty"`
	SymbolOpacity float64  `json:"symbolOpacity,omitempty"`
	SymbolSize    float64  `json:"symbolSize,omitempty"`
	SymbolStroke  float64  `json:"symbolStrokeWidth,omitempty"`
	SymbolOffset  float64  `json:"symbolOffset,omitempty"`
	LabelOffset   float64  `json:"labelOffset,omitempty"`
	Columns       any      `json:"columns,omitempty"`
	Offset        float64  `json:"offset,omitempty"`
	Values        []string `json:"values,omitempty"`
}

// vlCondition gives a value where a selection holds, or a test.
type vlCondition struct {
	Param string `json:"param,omitempty"`
	Empty *bool  `json:"empty,omitempty"`
	Test  string `json:"test,omitempty"`
	Value any    `json:"value"`
}

// nums are numbers with a few significant digits; NaN and infinity become null, which interrupts lines.
type nums struct {
	values []float64
	digits int
}

// IsZero tells encoding/json to leave out numbers that are not there.
func (n nums) IsZero() bool { return n.values == nil }

// MarshalJSON writes an array.
func (n nums) MarshalJSON() ([]byte, error) {
	out := []byte{'['}
	for i, v := range n.values {
		if i > 0 {
			out = append(out, ',')
		}
		switch {
		case !finite(v):
			out = append(out, "null"...)
		case v == math.Trunc(v) && math.Abs(v) < 1e6:
			out = strconv.AppendInt(out, int64(v), 10)
		default:
			out = strconv.AppendFloat(out, v, 'g', n.digits, 64)
		}
	}
	return append(out, ']'), nil
}

// digitsFor returns how many significant digits values on an axis need, so that a part of it of a hundredth still shows
// a smooth curve.
func digitsFor(s span) int {
	if s.hi <= s.lo {
		return 5
	}
	more := math.Ceil(math.Log10(max(math.Abs(s.lo), math.Abs(s.hi)) / (s.hi - s.lo)))
	if s.log {
		more = math.Ceil(-math.Log10(math.Log(s.hi / s.lo)))
	}
	return int(min(max(5+more, 5), 15))
}

// finer is the number of digits of single values on an axis.
func finer(s span) int { return min(digitsFor(s)+3, 15) }

// at returns values on an axis.
func at(s span, values ...float64) nums { return nums{values, finer(s)} }

func no() *bool             { v := false; return &v }
func yes() *bool            { v := true; return &v }
func text(s string) *string { return &s }
