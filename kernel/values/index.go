package values

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
)

// Index lists the variables of a store.
type Index struct {
	Variables []Variable
	next      int // number of the next file
}

// Variable is a variable of a store.
type Variable struct {
	Name string
	Type string // as Go writes it, with package names: "[]main.point"
	Size int64  // bytes of the value and everything it refers to, which variables of an island share
	// Island is the number of the set of variables that share memory; a program that reads one of them should read all,
	// or what they share falls apart. It is 0 for variables that were not kept.
	Island int
	// Lost says why the variable was not kept, as "f is a func value (a closure), which does not last between cells:
	// declare it with func". It is empty for those that were.
	Lost string
	// Needs are what a program must contain to read the variable: types that interfaces hold, package-level values and
	// functions. Those that it uses anyway need no mention.
	Needs []Need
}

// Need is something of a package that a variable refers to.
type Need struct {
	Kind    NeedKind
	Package string // import path; "main" for what cells have declared
	Name    string
}

// NeedKind says what a Need is.
type NeedKind uint8

// What a variable may need: a type for Register, a variable for Global, a function for Function.
const (
	NeedType NeedKind = iota + 1
	NeedGlobal
	NeedFunction
)

const (
	indexFile    = "index"
	indexVersion = 1
)

// ReadIndex returns the index of the store in dir. There need not be one: then it is empty.
func ReadIndex(dir string) (Index, error) {
	b, err := os.ReadFile(filepath.Join(dir, indexFile))
	if errors.Is(err, os.ErrNotExist) {
		return Index{next: 1}, nil
	}
	if err != nil {
		return Index{}, err
	}
	if len(b) < 4 || uint32(b[0])|uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24 != checksum(b[4:]) {
		return Index{}, errors.New("values: the index in " + dir + " is damaged; Forget removes all variables")
	}
	r := &reader{b: b[4:]}
	if v := r.int(maxInt); v != indexVersion {
		return Index{}, errors.New("values: the index in " + dir + " has version " + itoa(v) + ", expected " +
			itoa(indexVersion) + "; Forget removes all variables")
	}
	x := Index{next: r.int(maxInt)}
	for range r.count() {
		v := Variable{Name: r.string(), Type: r.string(), Size: int64(r.int(maxInt)), Island: r.int(maxInt),
			Lost: r.string()}
		for range r.count() {
			v.Needs = append(v.Needs, Need{NeedKind(r.int(255)), r.string(), r.string()})
		}
		x.Variables = append(x.Variables, v)
	}
	if r.bad {
		return Index{}, errors.New("values: the index in " + dir + " is damaged; Forget removes all variables")
	}
	return x, nil
}

// find returns the entry of a variable, nil if there is none.
func (x *Index) find(name string) *Variable {
	for i := range x.Variables {
		if x.Variables[i].Name == name {
			return &x.Variables[i]
		}
	}
	return nil
}

// set replaces the entry of a variable or adds it.
func (x *Index) set(v Variable) {
	if old := x.find(v.Name); old != nil {
		*old = v
		return
	}
	x.Variables = append(x.Variables, v)
}

// write replaces the index in dir, then removes the files that it does not mention.
func (x *Index) write(dir string) error {
	w := writer{make([]byte, 4)}
	w.int(indexVersion)
	w.int(x.next)
	w.int(len(x.Variables))
	for _, v := range x.Variables {
		w.string(v.Name)
		w.string(v.Type)
		w.int(int(v.Size))
		w.int(v.Island)
		w.string(v.Lost)
		w.int(len(v.Needs))
		for _, n := range v.Needs {
			w.int(int(n.Kind))
			w.string(n.Package)
			w.string(n.Name)
		}
	}
	sum := checksum(w.b[4:])
	w.b[0], w.b[1], w.b[2], w.b[3] = byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)
	if err := writeFile(dir, indexFile, w.b); err != nil {
		return err
	}
	sweep(dir, x)
	return nil
}

// Forget drops variables from the store in dir, all if none is named.
func Forget(dir string, names ...string) error {
	if len(names) == 0 {
		x, _ := ReadIndex(dir) // a damaged one is replaced
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return nil
		}
		x.Variables = nil
		return x.write(dir)
	}
	x, err := ReadIndex(dir)
	if err != nil {
		return err
	}
	n := len(x.Variables)
	x.Variables = slices.DeleteFunc(x.Variables, func(v Variable) bool { return slices.Contains(names, v.Name) })
	if len(x.Variables) == n {
		return nil
	}
	return x.write(dir)
}
