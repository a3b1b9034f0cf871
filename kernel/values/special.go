package values

import (
	"reflect"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// special sets the rules of types that are not kept by their fields.
func (x *info) special() bool {
	t := x.t
	if c := codecFor(t); c != nil {
		x.rule, x.codec = ruleOwn, c
		return true
	}
	switch x.name {
	case "sync.Mutex":
		x.rule, x.leaf, x.idle = ruleIdle, true, func(p unsafe.Pointer) string {
			if m := (*sync.Mutex)(p); m.TryLock() {
				m.Unlock()
				return ""
			}
			return "a sync.Mutex that is locked"
		}
	case "sync.RWMutex":
		x.rule, x.leaf, x.idle = ruleIdle, true, func(p unsafe.Pointer) string {
			if m := (*sync.RWMutex)(p); m.TryLock() {
				m.Unlock()
				return ""
			}
			return "a sync.RWMutex that is locked"
		}
	case "sync.WaitGroup":
		f, ok := t.FieldByName("state")
		if !ok || f.Type.Size() != 8 {
			return false
		}
		x.rule, x.leaf, x.idle = ruleIdle, true, func(p unsafe.Pointer) string {
			if *(*uint64)(unsafe.Add(p, f.Offset)) != 0 {
				return "a sync.WaitGroup that goroutines have not left"
			}
			return ""
		}
	case "sync.noCopy", "sync.copyChecker", "sync.notifyList":
		// Of sync.Cond and others: a place in memory, and who waits there. Nobody does in the next cell.
		x.rule, x.leaf, x.idle = ruleIdle, true, func(unsafe.Pointer) string { return "" }
	case "sync.Pool":
		// What it holds may vanish at any time by its definition; New is kept.
		x.rule = ruleStruct
		if f, ok := t.FieldByName("New"); ok {
			s := slot{f.Offset, infoLocked(f.Type), f.Name}
			x.field, x.slots = []slot{s}, []slot{s}
		}
	case "sync.Map":
		x.rule = rulePairs
	case "time.Time":
		w, ok1 := t.FieldByName("wall")
		e, ok2 := t.FieldByName("ext")
		l, ok3 := t.FieldByName("loc")
		if !ok1 || !ok2 || !ok3 || w.Offset != 0 || e.Offset != 8 || l.Offset != 16 ||
			l.Type != reflect.TypeFor[*time.Location]() {
			return false
		}
		x.rule, x.elem = ruleTime, infoLocked(l.Type)
	case "time.Timer", "time.Ticker":
		x.rule, x.why = ruleLost, "a *"+x.name
	case "os.File", "os.file":
		x.rule, x.why = ruleLost, "an open *os.File"
	case "os.Process", "os/exec.Cmd", "os.Root", "plugin.Plugin":
		x.rule, x.why = ruleLost, "a *"+t.String()
	case "reflect.Value":
		x.rule, x.why = ruleLost, "a reflect.Value"
	case "reflect.rtype", "internal/abi.Type":
		x.rule, x.why = ruleLost, "a reflect.Type"
	case "internal/poll.FD":
		x.rule, x.why = ruleLost, "an open file or connection"
	case "internal/poll.pollDesc":
		x.rule, x.why = ruleLost, "an open file or connection"
	case "testing.T", "testing.B", "testing.F", "testing.common":
		x.rule, x.why = ruleLost, "a *"+strings.Replace(x.name, "common", "T", 1)
	default:
		switch {
		case t.PkgPath() == "net" && t.Kind() == reflect.Struct && isConnection(t.Name()):
			x.rule, x.why = ruleLost, "a *net."+t.Name()
		case t.PkgPath() == "sync/atomic" && strings.HasPrefix(t.Name(), "Pointer[") && t.NumField() > 0 &&
			t.Field(0).Type.Kind() == reflect.Array && t.Field(0).Type.Elem().Kind() == reflect.Pointer:
			f := t.Field(t.NumField() - 1) // an unsafe.Pointer that is a *T
			x.rule = ruleStruct
			s := slot{f.Offset, infoLocked(t.Field(0).Type.Elem()), f.Name}
			x.field, x.slots = []slot{s}, []slot{s}
		case t.PkgPath() == "unique" && strings.HasPrefix(t.Name(), "Handle["):
			x.rule, x.why = ruleLost, "a "+t.String()
		case t.PkgPath() == "weak":
			x.rule, x.why = ruleLost, "a "+t.String()
		default:
			return false
		}
	}
	return true
}

// isConnection tells types of package net that stand for something of the operating system.
func isConnection(name string) bool {
	return name == "netFD" || name == "conn" || strings.HasSuffix(name, "Conn") || strings.HasSuffix(name, "Listener")
}
