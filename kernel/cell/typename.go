package cell

import (
	"reflect"
	"strings"
)

// typeName returns the name of a type as a cell writes it: a type of the cells without a package, other ones with the
// last part of their package's path, also in the arguments of a generic type. A []uint8 is called []byte: reflect does
// not know which of them was written.
func typeName(t reflect.Type) string {
	if t == nil {
		return "nil"
	}
	return shortType(t.String())
}

func shortType(name string) string {
	var b strings.Builder
	for len(name) > 0 {
		end := strings.IndexAny(name, "[](){}*,; \"`")
		if end == 0 {
			if quote := name[0]; quote == '"' || quote == '`' { // the tag of a field
				if close := closing(name); close > 0 {
					b.WriteString(name[:close])
					name = name[close:]
					continue
				}
			}
			b.WriteByte(name[0])
			name = name[1:]
			continue
		}
		if end < 0 {
			end = len(name)
		}
		word := name[:end]
		dots := strings.HasPrefix(word, "...")
		word = strings.TrimPrefix(word, "...")
		word = word[strings.LastIndexByte(word, '/')+1:]
		word = strings.TrimPrefix(word, "main.")
		word, _, _ = strings.Cut(word, "·") // a type declared inside a function
		if dots {
			b.WriteString("...")
		}
		b.WriteString(word)
		name = name[end:]
	}
	name = strings.ReplaceAll(strings.ReplaceAll(b.String(), "interface {}", "any"), "[]uint8", "[]byte")
	return strings.ReplaceAll(strings.ReplaceAll(name, "interface {", "interface{"), "struct {", "struct{")
}

// closing returns the offset behind the literal that s begins with, or 0.
func closing(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return i + 1
		case s[i] == '\\' && s[0] == '"':
			i++
		}
	}
	return 0
}

// standardRoots are the first parts of the paths of the standard library's packages.
const standardRoots = " archive bufio bytes cmp compress container context crypto database debug embed " +
	"encoding errors expvar flag fmt go hash html image index internal io iter log maps " +
	"math mime net os path plugin reflect regexp runtime simd slices sort strconv strings " +
	"structs sync syscall testing text time unicode unique unsafe vendor weak "

// isStandard reports whether a package belongs to the standard library.
func isStandard(path string) bool {
	root, _, _ := strings.Cut(path, "/")
	return root != "" && strings.Contains(standardRoots, " "+root+" ")
}
