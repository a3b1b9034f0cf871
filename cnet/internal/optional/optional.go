// Package optional reads the optional last argument of a function, which is a variadic parameter in Go.
package optional

import "fmt"

// One returns the argument if it is given, else the default. More than one is an error: it is not clear which is meant.
// The names of the function and of the argument, such as "Open" and "configuration", are for the error.
func One[T any](function, kind string, given []T, otherwise T) (T, error) {
	switch len(given) {
	case 0:
		return otherwise, nil
	case 1:
		return given[0], nil
	}
	return otherwise, fmt.Errorf("%s takes at most one %s, got %d", function, kind, len(given))
}
