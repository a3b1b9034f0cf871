package cell_test

import (
	"fmt"

	"continuousnet/kernel/cell"
)

// celsius is shown as HTML in a notebook, and as text elsewhere.
type celsius float64

func (c celsius) HTML() string   { return fmt.Sprintf("<b>%.1f</b> °C", float64(c)) }
func (c celsius) String() string { return fmt.Sprintf("%.1f °C", float64(c)) }

// Outside of a notebook values are printed. In a cell the second Update takes the place of the first one, and Clear
// removes what came before it.
func Example() {
	cell.Display(celsius(20), cell.Bundle{"text/plain": "x²", "text/markdown": "$x^2$"})
	cell.Update("temperature", celsius(21))
	cell.Update("temperature", celsius(22))
	cell.Clear(true)
	cell.Show(6 * 7) // what the kernel makes of a last expression 6 * 7
	formats, err := cell.Formats(celsius(20))
	fmt.Println(len(formats), formats["text/html"], err)
	// Output:
	// 20.0 °C
	// x²
	// 21.0 °C
	// 22.0 °C
	// 42
	// 2 <b>20.0</b> °C <nil>
}

// A slider of ipywidgets, whose front end has to be installed in JupyterLab. Its moves reach the cell while it runs;
// those that come faster than they are handled are merged, and the last one always comes. Outside of a notebook, as
// here, nobody moves it.
func ExampleOpenComm() {
	state := map[string]any{
		"_model_module": "@jupyter-widgets/controls", "_model_module_version": "2.0.0", "_model_name": "IntSliderModel",
		"_view_module": "@jupyter-widgets/controls", "_view_module_version": "2.0.0", "_view_name": "IntSliderView",
		"description": "steps", "min": 1, "max": 8, "value": 2,
	}
	slider, err := cell.OpenComm("jupyter.widget", map[string]any{"state": state}, map[string]any{"version": "2.1.0"},
		func(m cell.CommMessage) { fmt.Println(string(m.Data)) })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer slider.Close()
	cell.Display(cell.Bundle{"text/plain": "steps", "application/vnd.jupyter.widget-view+json": map[string]any{
		"version_major": 2, "version_minor": 0, "model_id": slider.ID()}})
	fmt.Println(slider.Send(map[string]any{"method": "update", "state": map[string]int{"value": 3}}))
	// Output:
	// steps
	// <nil>
}
