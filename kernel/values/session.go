// Package values keeps the variables of a notebook between cells. Each cell is a process of its own; what its variables
// hold is written when it ends, and read by the next cell that has them.
//
// A cell's program begins with
//
//	session := values.Open(os.Getenv(values.DirVariable), values.Var{Name: "x", Pointer: &x})
//	defer session.Write()
//
// Kept are all values that consist of memory: unexported fields, cycles, pointers into arrays, structs and other
// variables, windows of one array, maps, what interfaces hold, functions of packages by name. Types with a way of their
// own are asked first: Custom, then MarshalBinary and GobEncode with their pairs. What stands for something outside of
// the process's memory (files, connections, channels, closures, locked mutexes) makes its variable lost, with the
// reason in the index; the other variables stay.
package values

import (
	"os"
	"reflect"
	"strconv"
	"sync"
	"time"
	"unsafe"
)

// Environment variables of a cell.
const (
	// DirVariable names the directory of the store.
	DirVariable = "CNET_VALUES"
	// LimitVariable is the most that is kept, in bytes, all variables together.
	LimitVariable = "CNET_VALUES_LIMIT"
)

const (
	defaultLimit = 2 << 30
	walkTime     = 60 * time.Second // in which all variables must have been looked at
)

// Var is a variable of the session: its name and a pointer to it.
type Var struct {
	Name    string
	Pointer any

	New      bool  // it is not read
	ReadOnly bool  // it is not written
	Set      *bool // it is written only if this has become true; nil: always
}

// variable is a Var of which the type is known.
type variable struct {
	Name string
	p    unsafe.Pointer
	info *info
	lost string // what the index says: it was not kept
	from *source

	isNew, readOnly bool
	set             *bool
}

// written reports whether a variable is to be written.
func (v *variable) written() bool { return !v.readOnly && (v.set == nil || *v.set) }

// source is an island that was read.
type source struct {
	number   int
	contents *contents
	vars     []string // all variables of the file that are still in the index
	exact    bool     // every variable was read, and nothing was refitted
}

// Session is the variables of this process.
type Session struct {
	dir     string
	limit   int64
	vars    []variable
	sources []*source
	once    sync.Once
}

// Open reads the variables from the store in dir. A variable that is not there keeps its value. One that cannot be read
// is left at its zero value, and a line on standard error says why.
func Open(dir string, vars ...Var) *Session {
	s := &Session{dir: dir, limit: limit()}
	if dir == "" {
		return s
	}
	builtin()
	s.add(vars)
	x, err := ReadIndex(dir)
	if err != nil {
		say(err.Error())
		return s
	}
	files := map[int]map[string]*variable{}
	for i := range s.vars {
		v := &s.vars[i]
		old := x.find(v.Name)
		switch {
		case old == nil || v.isNew:
		case old.Lost != "":
			v.lost = old.Lost
		default:
			if files[old.Island] == nil {
				files[old.Island] = map[string]*variable{}
			}
			files[old.Island][v.Name] = v
		}
	}
	for i := range s.vars { // in the order of the variables
		if old := x.find(s.vars[i].Name); old != nil && files[old.Island] != nil {
			s.read(&x, old.Island, files[old.Island])
			delete(files, old.Island)
		}
	}
	return s
}

// Add adds variables that are not read.
func (s *Session) Add(vars ...Var) {
	if s.dir == "" {
		return
	}
	for i := range vars {
		vars[i].New = true
	}
	s.add(vars)
}

func (s *Session) add(vars []Var) {
	for _, v := range vars {
		p := reflect.ValueOf(v.Pointer)
		if p.Kind() != reflect.Pointer || p.IsNil() {
			say(v.Name + ": values.Open takes a pointer to the variable")
			continue
		}
		s.vars = append(s.vars, variable{Name: v.Name, p: p.UnsafePointer(), info: infoOf(p.Type().Elem()),
			isNew: v.New, readOnly: v.ReadOnly, set: v.Set})
	}
}

func limit() int64 {
	if n, err := strconv.ParseInt(os.Getenv(LimitVariable), 10, 64); err == nil && n > 0 {
		return n
	}
	return defaultLimit
}

// say prints a line on standard error.
func say(line string) { os.Stderr.WriteString(line + "\n") }

// read reads the variables of one file.
func (s *Session) read(x *Index, number int, vars map[string]*variable) {
	src := &source{number: number}
	for _, v := range x.Variables {
		if v.Island == number {
			src.vars = append(src.vars, v.Name)
		}
	}
	file, err := readFile(s.dir, islandFile(number))
	var c *contents
	if err == nil {
		c, err = parse(file)
	}
	if err != nil {
		for i := range s.vars {
			if v := &s.vars[i]; vars[v.Name] == v {
				say(v.Name + ": its value could not be read and is gone: " + err.Error())
			}
		}
		return
	}
	var dropped map[string]string
	var notes []string
	err = safely(func() error {
		dropped, notes = c.read(vars, s.limit)
		return nil
	})
	if err != nil { // a mistake of this package must not end the cell
		dropped = map[string]string{}
		for name, v := range vars {
			reflect.NewAt(v.info.t, v.p).Elem().SetZero()
			dropped[name] = err.Error()
		}
	}
	src.contents = c
	src.exact = len(dropped) == 0 && len(notes) == 0 && len(vars) == len(src.vars)
	for i := range s.vars {
		v := &s.vars[i]
		switch {
		case vars[v.Name] != v:
		case dropped[v.Name] != "":
			say(v.Name + ": its value could not be read and is gone: " + dropped[v.Name])
		default:
			v.from = src
		}
	}
	for _, n := range notes {
		say(n)
	}
	s.sources = append(s.sources, src)
}

// Write writes what has changed. Defer it in main, so that it is done after a panic as well. The second call does
// nothing.
func (s *Session) Write() {
	s.once.Do(func() {
		if s.dir == "" || len(s.vars) == 0 {
			return
		}
		if err := s.write(); err != nil {
			say("the values of this cell's variables could not be kept: " + err.Error())
		}
	})
}
