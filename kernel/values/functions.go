package values

import (
	"reflect"
	"runtime"
	"strings"
	"sync"
	"unsafe"
)

// nameAt returns the name of the function with this entry. runtime.FuncForPC would name the function whose inlined code
// comes first in it.
func nameAt(pc uintptr) string {
	frames := runtime.CallersFrames([]uintptr{pc + 1})
	for {
		f, more := frames.Next()
		if !more {
			return f.Function
		}
	}
}

// functionName returns the name of a function of a package, or why the func value cannot be kept.
func functionName(f unsafe.Pointer) (name, why string) {
	name = nameAt(*(*uintptr)(f))
	_, rest, ok := strings.Cut(name[strings.LastIndexByte(name, '/')+1:], ".")
	switch {
	case strings.HasSuffix(rest, "-fm"):
		return "", "a func value (a method with its receiver)"
	case !ok || strings.ContainsAny(rest, ".()[]-"):
		return "", "a func value (a closure)"
	}
	return name, ""
}

// functionAt returns the func value with a name and type.
func functionAt(name string, t reflect.Type) (unsafe.Pointer, bool) {
	globals.Lock()
	f, ok := globals.functions[name]
	globals.Unlock()
	if ok {
		return words(&f)[1], reflect.TypeOf(f).ConvertibleTo(t)
	}
	if strings.HasPrefix(name, "main.") {
		return nil, false // its parameters may be others than those of the cell that wrote it
	}
	pc, ok := entries()[name]
	if !ok || pc == 0 {
		return nil, false
	}
	code := new(uintptr) // a func value points to the address of its code
	*code = pc
	return unsafe.Pointer(code), true
}

// entries returns the entry of each function of the program, by name; 0 for names that occur twice. It costs some
// milliseconds, which only programs pay that read a func value nobody has registered.
var entries = sync.OnceValue(func() map[string]uintptr {
	all := map[string]uintptr{}
	add := func(pc uintptr) bool {
		f := runtime.FuncForPC(pc)
		if f == nil {
			return false
		}
		if f.Entry() == pc {
			name := nameAt(pc)
			if _, twice := all[name]; twice {
				pc = 0
			}
			all[name] = pc
		}
		return true
	}
	const align = 16 // functions begin at multiples of it
	here := reflect.ValueOf(nameAt).Pointer() &^ (align - 1)
	for pc := here; add(pc); pc += align {
	}
	for pc := here - align; add(pc); pc -= align {
	}
	return all
})

// words returns the two words of an interface value: its type and its data.
func words(p *any) *[2]unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(p)) }
