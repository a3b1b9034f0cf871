//go:build !go1.26 || go1.27

package values

import "unsafe"

// frozen returns the map itself: the layout of maps in this version of Go is not known. A goroutine that writes to it
// at the same time ends the process, and the values of the last cell stay.
func frozen(m unsafe.Pointer) unsafe.Pointer { return m }
