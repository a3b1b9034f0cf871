package ode

import "testing"

func lotkaVolterra(_ float64, x, dx []float64) {
	dx[0], dx[1] = 1.5*x[0]-x[0]*x[1], -3*x[1]+x[0]*x[1]
}

// BenchmarkDopri5 solves Lotka–Volterra at the tolerance at which peers are compared.
func BenchmarkDopri5(b *testing.B) {
	p := Problem{F: lotkaVolterra, X0: []float64{1, 1}, T1: 10}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Solve(p, Options{RTol: 1e-6, ATol: 1e-6}); err != nil {
			b.Fatal(err)
		}
	}
}
