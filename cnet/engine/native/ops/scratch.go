package ops

// layout hands out parts of scratch memory one after another, each at the beginning of a cache line. With memory nil it
// only counts, so that the code that uses the memory also says how much of it there must be.
type layout struct {
	memory []float32
	used   int
}

// take returns the next n numbers, or nil if the layout only counts.
func (l *layout) take(n int) []float32 {
	from := l.used
	l.used += RoundUp(n)
	if l.memory == nil {
		return nil
	}
	return l.memory[from : from+n : from+n]
}

// padded returns a copy of a vector in whole blocks, with zeros behind it; zeros alone if the vector is nil.
func (l *layout) padded(vector []float32, channels int) []float32 {
	copied := l.take(blocks(channels) * block)
	if copied != nil {
		clear(copied[copy(copied, vector):])
	}
	return copied
}
