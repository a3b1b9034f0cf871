package butcher

import (
	"strings"
	"testing"

	"continuousnet/cnet/ode"
)

func TestFraction(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 1: "1", -1: "-1", 1. / 3: "1/3", -5103. / 18656: "-5103/18656",
		64448. / 6561: "64448/6561", 0.161: "161/1000",
		0.3333: "3333/10000", 0.1234567890123: "0.12345679", 2.5: "5/2", 22642. / 50085: "22642/50085",
		-12231. / 42400: "-12231/42400",
	} {
		if got := Fraction(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}

// Both forms have a row for each stage, then the weights and those of the embedded method.
func TestTableaux(t *testing.T) {
	tb, err := ode.Scheme("bosh3")
	if err != nil {
		t.Fatal(err)
	}
	want := `    0 │
  1/2 │   1/2
  3/4 │     0  3/4
    1 │   2/9  1/3  4/9
──────┼─────────────────────
      │   2/9  1/3  4/9    0
      │  7/24  1/4  1/3  1/8   embedded
`
	if got := Text(tb); got != want {
		t.Errorf("got\n%s", got)
	}
	page := HTML(tb)
	for _, want := range []string{"<sup>7</sup>⁄<sub>24</sub>", "<td>embedded</td>"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	if strings.Count(page, "<tr>") != 6 || strings.Count(page, "border-top") != 5 ||
		strings.Count(page, "border-right") != 6 {
		t.Errorf("lines and rows in %s", page)
	}
	if got := fractionHTML("-5103/18656"); got != "−<sup>5103</sup>⁄<sub>18656</sub>" {
		t.Error(got)
	}
}
