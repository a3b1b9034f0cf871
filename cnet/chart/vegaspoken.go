package chart

import (
	"slices"
	"strings"
)

// spoken lets readers of screens say of a mark what the tooltip shows, and of a line its name. Of the other marks they
// say nothing: Vega-Lite would have them spell the fields of the data. What the chart shows is in its description.
func spoken(layers []vlLayer) []vlLayer {
	layers = slices.Clone(layers)
	for i := range layers {
		l := &layers[i]
		says := l.says
		if says == nil {
			says = l.Encoding.Tooltip
		}
		switch named := l.Encoding.Detail; {
		case l.Mark.Aria != nil || l.Mark.Type == "text":
		case len(says) > 0:
			var parts []string
			for _, f := range says {
				parts = append(parts, js(strings.TrimSpace(*f.Title)+": ")+" + datum."+f.Field)
			}
			l.Encoding.Description = &vlChannel{Value: vlExpr{strings.Join(parts, ` + "; " + `)}}
		case l.Mark.Type == "line" && named != nil:
			l.Encoding.Description = &vlChannel{Value: vlExpr{"datum." + named.Field + ` || "line"`}}
		}
		if l.Encoding.Description != nil {
			l.Mark.Aria = yes()
		}
	}
	return layers
}
