package kernels

//go:generate go run ./gen

// sets are the sets that this processor runs.
var sets = append(assembly(), &Reference)

// Sets returns the sets that this processor runs, the fastest first; the last is Reference. GODEBUG=cpu.avx512f=off
// and cpu.avx2=off leave sets out.
func Sets() []*Set { return append([]*Set(nil), sets...) }

// Best returns the first of Sets.
func Best() *Set { return sets[0] }
