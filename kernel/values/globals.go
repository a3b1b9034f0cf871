package values

import (
	"context"
	"io"
	"io/fs"
	"os"
	"reflect"
	"sync"
	"time"
	"unsafe"
)

// global is a value that exists once in a program.
type global struct {
	name string
	t    reflect.Type
	p    unsafe.Pointer // what it points to, or for a function its code
}

var globals struct {
	sync.Mutex
	byName    map[string]global
	byPointer map[unsafe.Pointer]global
	types     map[string]reflect.Type // named types, of Register
	functions map[string]any
}

// Global makes a package-level value be kept by its identity: what equals it in one cell equals it in the next. It
// takes the variable's name, such as "io.EOF", and address; the variable holds a pointer, or an interface with a
// pointer in it.
func Global(name string, pointer any) {
	v := reflect.ValueOf(pointer)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return
	}
	if v = v.Elem(); v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Pointer || v.IsNil() {
		if v.IsValid() {
			Register(v.Type())
		}
		return
	}
	globals.Lock()
	defer globals.Unlock()
	if globals.byName == nil {
		globals.byName, globals.byPointer = map[string]global{}, map[unsafe.Pointer]global{}
	}
	g := global{name, v.Type(), v.UnsafePointer()}
	globals.byName[name] = g
	if _, ok := globals.byPointer[g.p]; !ok {
		globals.byPointer[g.p] = g
	}
}

// Function makes a function of a package be found again by its name, such as "strings.ToUpper", in a program that would
// not contain it otherwise. Functions that cells declare ("main.f") are found only with it, since another cell may have
// declared them again with other parameters.
func Function(name string, f any) {
	if v := reflect.ValueOf(f); v.Kind() == reflect.Func && !v.IsNil() {
		globals.Lock()
		defer globals.Unlock()
		if globals.functions == nil {
			globals.functions = map[string]any{}
		}
		globals.functions[name] = f
	}
}

// Register names types that interfaces may hold. Their pointers, elements and fields are registered with them. Types
// that the program uses as a pointer somewhere are found without it.
func Register(types ...reflect.Type) {
	globals.Lock()
	defer globals.Unlock()
	if globals.types == nil {
		globals.types = map[string]reflect.Type{}
	}
	seen := map[reflect.Type]bool{}
	for _, t := range types {
		register(t, seen)
	}
}

func register(t reflect.Type, seen map[reflect.Type]bool) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	if t.Name() != "" && t.PkgPath() != "" {
		globals.types[typeName(t)] = t
	}
	switch t.Kind() {
	case reflect.Map:
		register(t.Key(), seen)
		register(t.Elem(), seen)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		register(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			register(t.Field(i).Type, seen)
		}
	}
}

var builtin = sync.OnceFunc(func() {
	for name, p := range map[string]any{
		"io.EOF":                 &io.EOF,
		"io.ErrUnexpectedEOF":    &io.ErrUnexpectedEOF,
		"io.ErrClosedPipe":       &io.ErrClosedPipe,
		"io.ErrShortWrite":       &io.ErrShortWrite,
		"io.ErrShortBuffer":      &io.ErrShortBuffer,
		"io.ErrNoProgress":       &io.ErrNoProgress,
		"io.Discard":             &io.Discard,
		"io/fs.ErrInvalid":       &fs.ErrInvalid,
		"io/fs.ErrPermission":    &fs.ErrPermission,
		"io/fs.ErrExist":         &fs.ErrExist,
		"io/fs.ErrNotExist":      &fs.ErrNotExist,
		"io/fs.ErrClosed":        &fs.ErrClosed,
		"io/fs.SkipDir":          &fs.SkipDir,
		"io/fs.SkipAll":          &fs.SkipAll,
		"os.ErrNoDeadline":       &os.ErrNoDeadline,
		"os.ErrDeadlineExceeded": &os.ErrDeadlineExceeded,
		"os.ErrProcessDone":      &os.ErrProcessDone,
		"os.Stdin":               &os.Stdin,
		"os.Stdout":              &os.Stdout,
		"os.Stderr":              &os.Stderr,
		"context.Canceled":       &context.Canceled,
		"time.Local":             &time.Local,
		"time.UTC":               &time.UTC,
	} {
		Global(name, p)
	}
	Register(reflect.TypeOf(context.Background()), reflect.TypeOf(context.TODO()),
		reflect.TypeOf(context.DeadlineExceeded), reflect.TypeFor[time.Duration](), reflect.TypeFor[time.Time](),
		reflect.TypeOf(&fs.PathError{}))
})

// globalAt returns the package-level value that a pointer is.
func globalAt(p unsafe.Pointer, t reflect.Type) (string, bool) {
	g, ok := globals.byPointer[p]
	if !ok || g.t != t {
		return "", false
	}
	return g.name, true
}
