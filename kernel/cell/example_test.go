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
