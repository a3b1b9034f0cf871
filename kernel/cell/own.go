package cell

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

var (
	stringerType  = reflect.TypeFor[fmt.Stringer]()
	errorType     = reflect.TypeFor[error]()
	formatterType = reflect.TypeFor[fmt.Formatter]()
)

// hasOwn reports whether values of a type have a text of their own: an Error, String or Format method, of the type or
// of the pointer to it.
func hasOwn(t reflect.Type) bool {
	if t.Kind() == reflect.Interface {
		return false
	}
	for _, own := range []reflect.Type{errorType, stringerType, formatterType} {
		if t.Implements(own) || t.Name() != "" && reflect.PointerTo(t).Implements(own) {
			return true
		}
	}
	return false
}

// own returns the text that a value has of its own. A method that panics counts as none.
func (d *describer) own(v reflect.Value) (text string, ok bool) {
	t := v.Type()
	if !hasOwn(t) || isNil(v) || !v.CanInterface() {
		return "", false
	}
	value := v.Interface()
	if !t.Implements(errorType) && !t.Implements(stringerType) && !t.Implements(formatterType) {
		if v = addressable(v); !v.CanAddr() {
			return "", false
		}
		value = v.Addr().Interface()
	}
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	switch value := value.(type) {
	case error:
		return value.Error(), true // without the stack trace that some errors print for %+v
	case reflect.Type:
		return typeName(value), true
	case fmt.Stringer:
		if isTime(t) {
			return instant(value.String()), true
		}
		return value.String(), true
	}
	return fmt.Sprint(value), true
}

// instant shortens what String returns of a time: to microseconds, without the reading of the monotonic clock that
// time.Now adds, and with "UTC" for "+0000 UTC".
func instant(text string) string {
	text, _, _ = strings.Cut(text, " m=")
	if head, utc := strings.CutSuffix(text, " +0000 UTC"); utc {
		text = head + " UTC"
	}
	whole, rest, ok := strings.Cut(text, ".")
	if !ok {
		return text
	}
	fraction, zone, _ := strings.Cut(rest, " ")
	fraction = strings.TrimRight(fraction[:min(len(fraction), 6)], "0")
	if fraction != "" {
		whole += "." + fraction
	}
	return whole + " " + zone
}

// isTime and isDuration know the types of package time by name, so that it is not linked into cells without them.
func isTime(t reflect.Type) bool     { return t.Name() == "Time" && t.PkgPath() == "time" }
func isDuration(t reflect.Type) bool { return t.Name() == "Duration" && t.PkgPath() == "time" }

// hasControl reports whether a text would break a line.
func hasControl(text string) bool {
	for _, r := range text {
		if r != ' ' && !strconv.IsPrint(r) {
			return true
		}
	}
	return false
}
