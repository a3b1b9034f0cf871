package widget_test

import (
	"encoding/json"
	"fmt"
	"math"

	"continuousnet/kernel/cell"
	"continuousnet/kernel/widget"
)

// A slider redraws what depends on it, until a button is pressed. Here, where nobody can see widgets, their texts are
// shown and the program goes on.
func Example() {
	steps := widget.NewIntSlider("steps", 1, 64, 4)
	scheme := widget.NewDropdown("scheme", []string{"euler", "midpoint"}, "euler")
	done := widget.NewButton("Done")
	result := widget.NewOutput()

	show := func() {
		n := float64(steps.Value())
		growth := 1 + 1/n // in a step of dx/dt = x
		if scheme.Value() == "midpoint" {
			growth += 1 / (2 * n * n)
		}
		result.Replace(fmt.Sprintf("e is about %.4f", math.Pow(growth, n)))
	}
	show()
	steps.OnChange(show)
	scheme.OnChange(show)
	stop := make(chan struct{})
	done.OnClick(func() { close(stop) })

	cell.Display(widget.NewVBox(widget.NewHBox(steps, scheme, done), result))
	widget.Await(stop)
	// Output:
	// steps: 4 · scheme: euler · [Done]
	// e is about 2.4414
}

// A bar beside a long computation, which a button ends.
func ExampleNewProgress() {
	bar, text := widget.NewProgress("series", 0, 1000, 0), widget.NewHTML("")
	stop := make(chan struct{}, 1)
	button := widget.NewButton("Stop")
	button.OnClick(func() { stop <- struct{}{} })
	cell.Display(widget.NewHBox(bar, button, text))

	sum := 0.0
	for k := range 1000 {
		select {
		case <-stop:
			return
		default:
		}
		sum += 4 * math.Pow(-1, float64(k)) / float64(2*k+1)
		if k%100 == 99 {
			bar.SetValue(float64(k + 1))
			text.SetValue(fmt.Sprintf("<b>%.3f</b>", sum))
		}
	}
	fmt.Println(bar.Value(), text.Value())
	// Output:
	// series: 0 · [Stop]
	// 1000 <b>3.141</b>
}

// A widget with a front end of its own: a square that says where it is clicked, and a point that Go puts there.
func ExampleNewAny() {
	const module = `export default { render({model, el}) {
  el.innerHTML = '<svg width="200" height="200" style="border:1px solid"><circle r="4"/></svg>';
  const svg = el.firstChild, point = svg.firstChild;
  svg.onclick = e => model.send({x: e.offsetX / 200, y: e.offsetY / 200});
  const show = () => {
    point.setAttribute("cx", 200 * model.get("point")[0]);
    point.setAttribute("cy", 200 * model.get("point")[1]);
  };
  model.on("change:point", show);
  show();
}}`
	square := widget.NewAny("example.Square", module, map[string]any{"point": []float64{0.5, 0.5}})
	square.SetStill(cell.Bundle{"text/plain": "a square"})
	clicks := make(chan struct{})
	square.OnMessage(func(content json.RawMessage, _ [][]byte) {
		var at struct{ X, Y float64 }
		if json.Unmarshal(content, &at) == nil {
			square.Set("point", []float64{math.Round(10*at.X) / 10, math.Round(10*at.Y) / 10})
			clicks <- struct{}{}
		}
	})
	cell.Display(square)
	for range 5 {
		widget.Await(clicks)
	}
	// Output:
	// a square
}
