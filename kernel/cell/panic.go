package cell

import (
	"fmt"
	"os"
	"reflect"
	"strconv"
	"sync/atomic"
	"unsafe"
)

// maxPanics bounds how many values of panics the kernel is told: a program with more recovers from them.
const maxPanics = 1000

var (
	panics atomic.Int64
	// stdout is the cell's own, whatever the program puts into its place.
	stdout = os.Stdout
)

// Panic returns the value that it is given, and tells the kernel what that is like. The kernel puts the values of calls
// of panic into calls of this function where Go's runtime would print a type and an address alone, and shows what it
// was told if such a panic ends the program:
//
//	panic(cell.Panic(value))
func Panic(value any) any {
	switch value.(type) {
	case nil, error, fmt.Stringer:
		return value // the runtime calls their methods
	}
	switch k := reflect.TypeOf(value).Kind(); {
	case k >= reflect.Bool && k <= reflect.Complex128, k == reflect.String:
		return value // it prints these
	}
	if panics.Add(1) > maxPanics {
		return value
	}
	at := (*[2]uintptr)(unsafe.Pointer(&value))[1] // the second word of an interface is what the runtime prints
	writeTo(stdout, "panic", struct {
		At   string `json:"at"`
		Text string `json:"text"`
	}{"0x" + strconv.FormatUint(uint64(at), 16), plain(value, false)})
	return value
}
