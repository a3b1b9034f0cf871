package figures

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/dataset"
)

// ManifestedImages draws the heat map of Manifestations, and beside it the test images of which Manifestation.Predicted
// holds the classes. Each has its class as trained; hovering over a cell frames those that get another class from it,
// and names that. Without predictions of the trained combination it is the heat map alone.
func ManifestedImages(list []cnet.Manifestation, schemes []string, steps []int, set *dataset.Set) chart.Chart {
	c := Manifestations(list, schemes, steps)
	at := slices.IndexFunc(list, func(m cnet.Manifestation) bool { return m.Trained && len(m.Predicted) > 0 })
	if at < 0 {
		return c
	}
	trained := list[at].Predicted
	tiles := newTiles(set, len(trained))
	p := chart.Panel{Bare: true, Equal: true, Background: tiles.background(), Title: "images"}
	name := func(class int) string {
		if class < len(set.Classes) {
			return set.Classes[class]
		}
		return strconv.Itoa(class)
	}
	for i, class := range trained {
		p.Texts = append(p.Texts, tiles.caption(i, 0, name(class)))
	}
	most, shown := -1, 0
	for i, scheme := range schemes {
		for j, n := range steps {
			f := chart.Frame{Title: "not tested"}
			c.Slider.Labels = append(c.Slider.Labels, fmt.Sprintf("%s × %s", scheme, c.Panels[0].X.Labels[j]))
			at := slices.IndexFunc(list, func(m cnet.Manifestation) bool { return m.Scheme == scheme && m.Steps == n })
			if at >= 0 && len(list[at].Predicted) == len(trained) {
				var changed int
				f, changed = tiles.changes(trained, list[at].Predicted, name)
				f.Title = fmt.Sprintf("%s × %s: %d of %d change class", scheme, list[at].StepsText(), changed,
					len(trained))
				if changed > most {
					most, shown = changed, i*len(steps)+j
				}
			}
			p.Frames = append(p.Frames, f)
		}
	}
	c.Panels[0].Drives = true
	c.Panels = append(c.Panels, p)
	c.Slider.Name, c.Slider.Start, c.Slider.Shown = "cell", shown, []int{shown}
	// As high as the panel beside the heat map is with images of the size that the texts are made for.
	c.Columns, c.Width, c.Height = 2, 980, max(440, 100+float64(tiles.down)*math.Ceil(tiles.height)*tiles.unit)
	return c
}

// tiles are images of a set in a square, each above two lines of text. Units are pixels of the images.
type tiles struct {
	set             *dataset.Set
	n, across, down int
	width, height   float64 // of an image with what is around it
	unit            float64 // about the size of a unit in CSS pixels
}

// Of the lines below an image in CSS pixels: where their middle is, with letters ten pixels high, and what they take.
const (
	captionAt   = 11
	captionLine = 13
	captionRoom = captionAt + captionLine + 12
)

func newTiles(set *dataset.Set, n int) tiles {
	const panel = 250 // width of a panel below the heat map in a narrow window; beside it, it is wider
	across := int(math.Ceil(math.Sqrt(float64(n))))
	t := tiles{set: set, n: n, across: across, down: (n + across - 1) / across, width: 1.8 * float64(set.Width)}
	t.unit = panel / float64(across) / t.width
	t.height = float64(set.Height) + captionRoom/t.unit
	return t
}

// corner returns where image i has its upper left corner; y grows upwards.
func (t tiles) corner(i int) (x, y float64) {
	left := math.Floor((t.width - float64(t.set.Width)) / 2)
	return float64(i%t.across)*math.Ceil(t.width) + left, float64(t.down-i/t.across) * math.Ceil(t.height)
}

func (t tiles) background() *chart.Background {
	w, h, channels := t.set.Width, t.set.Height, t.set.Channels
	pixels := t.set.Bytes(t.set.Test.First(t.n, t.set.ImageSize()))
	img := image.NewNRGBA(image.Rect(0, 0, t.across*int(math.Ceil(t.width)), t.down*int(math.Ceil(t.height))))
	size := img.Rect.Size()
	for i := range t.n {
		x0, y0 := t.corner(i)
		for k := range w * h {
			at := (i*w*h + k) * channels
			c := color.NRGBA{pixels[at], pixels[at], pixels[at], 0xff}
			if channels == 3 {
				c.G, c.B = pixels[at+1], pixels[at+2]
			}
			img.SetNRGBA(int(x0)+k%w, size.Y-int(y0)+k/w, c)
		}
	}
	return &chart.Background{Image: img, X1: float64(size.X), Y1: float64(size.Y)}
}

// caption returns a text in one of the two lines below image i.
func (t tiles) caption(i, line int, text string) chart.Text {
	x, y := t.corner(i)
	y -= float64(t.set.Height) + (captionAt+captionLine*float64(line))/t.unit
	return chart.Text{X: x + float64(t.set.Width)/2, Y: y, Text: text, Center: true}
}

// changes frames the images that have another class than before, names it, and counts them.
func (t tiles) changes(before, after []int, name func(class int) string) (f chart.Frame, changed int) {
	s := chart.Series{Color: chart.Vermillion}
	for i, class := range after {
		if class == before[i] {
			continue
		}
		changed++
		x, y := t.corner(i)
		w, h := float64(t.set.Width), float64(t.set.Height)
		s.X = append(s.X, x, x+w, x+w, x, x, math.NaN())
		s.Y = append(s.Y, y, y, y-h, y-h, y, math.NaN())
		text := t.caption(i, 1, "→ "+name(class))
		text.Color = chart.Vermillion
		f.Texts = append(f.Texts, text)
	}
	if changed > 0 {
		f.Series = []chart.Series{s}
	}
	return f, changed
}
