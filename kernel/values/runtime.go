package values

import _ "unsafe" // for go:linkname

// setPanicOnFault is debug.SetPanicOnFault. Package runtime/debug would bring more packages into each cell.
//
//go:linkname setPanicOnFault runtime/debug.setPanicOnFault
func setPanicOnFault(enabled bool) bool
