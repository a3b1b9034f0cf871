package engine

import "fmt"

// CheckDevices returns an error unless n devices of the engine can share the work. Every engine has one; XLA has as
// many as its plugin shows: the GPUs that it sees, or parts of the CPU, which are there to try it.
func (e *Engine) CheckDevices(n int) error {
	have := e.Backend.NumDevices()
	switch {
	case n <= 1 || n <= have:
		return nil
	case have > 1:
		return fmt.Errorf("engine: %s: it has %d devices, not %d; ask for at most %d", e.Name, have, n, have)
	default:
		return fmt.Errorf("engine: %s: it computes on one device, not on %d; several need XLA and as many GPUs "+
			"(the engine xla:cuda)", e.Name, n)
	}
}
