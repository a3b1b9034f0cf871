package gopls

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"continuousnet/kernel/internal/packages"
)

// Plain completes where there is no gopls, by reading: the names of the document, of packages, and what a package
// exports. It knows no types, so it finds no methods and fields. dir returns the directory of a package's sources, ""
// if it is unknown.
func Plain(text string, offset int, dir func(importPath string) string) Completion {
	start, end := identifierAround(text, offset)
	words := wordsBefore(text, start)
	if words == nil || inLiteral(text, wordsBefore(text, offset), offset) {
		return Completion{Start: start, End: end} // in a comment or a string
	}
	prefix, names := text[start:offset], map[string]string{}
	if last := len(words) - 1; last < 0 || words[last].tok != token.PERIOD {
		namesAt(text, offset, prefix != "", names)
	} else if last > 0 && words[last-1].tok == token.IDENT && (last < 2 || words[last-2].tok != token.PERIOD) {
		if path := importedAs(text, text[words[last-1].start:words[last-1].end]); path != "" {
			exportedNames(dir(path), names)
		}
	}
	var matches []Item
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if hasPrefixFold(name, prefix) {
			matches = append(matches, Item{Text: name, Kind: names[name]})
		}
	}
	return Completion{rank(matches, prefix), start, end}
}

// importedAs returns the path of the package that a name of the document stands for, "" if it is none.
func importedAs(text, name string) string {
	file, _ := parser.ParseFile(token.NewFileSet(), "", text, parser.ImportsOnly)
	if file != nil {
		for _, spec := range file.Imports {
			if path, as := imported(spec); as == name {
				return path
			}
		}
	}
	return packages.ByName[name]
}

// imported returns the path of an import and the name that it goes by.
func imported(spec *ast.ImportSpec) (path, name string) {
	path, err := strconv.Unquote(spec.Path.Value)
	switch {
	case err != nil:
		return "", "" // half written
	case spec.Name != nil:
		return path, spec.Name.Name
	}
	return path, packages.Name(path)
}

// namesAt adds, with their kinds, the names that can be used at an offset, as far as reading tells: Go's own, those of
// the top level, those that the function around the offset has declared before it, and those of imported packages, or
// of any.
func namesAt(text string, offset int, anyPackage bool, names map[string]string) {
	for _, name := range types.Universe.Names() {
		switch types.Universe.Lookup(name).(type) {
		case *types.TypeName:
			names[name] = "type"
		case *types.Builtin:
			names[name] = "function"
		default:
			names[name] = "constant"
		}
	}
	if anyPackage {
		for name := range packages.ByName {
			names[name] = "package"
		}
	}
	set := token.NewFileSet()
	file, _ := parser.ParseFile(set, "", text, parser.SkipObjectResolution)
	if file == nil {
		return
	}
	for _, spec := range file.Imports {
		if _, name := imported(spec); token.IsIdentifier(name) && name != "_" {
			names[name] = "package"
		}
	}
	declaredNames(file, names)
	for _, decl := range file.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if ok && set.Position(function.Pos()).Offset <= offset && set.Position(function.End()).Offset >= offset {
			localNames(function, func(n ast.Node) bool { return set.Position(n.Pos()).Offset < offset }, names)
		}
	}
}

// localNames adds the names that a function has declared before some place.
func localNames(function *ast.FuncDecl, before func(ast.Node) bool, names map[string]string) {
	ast.Inspect(function, func(n ast.Node) bool {
		if n == nil || !before(n) {
			return false
		}
		var defined []ast.Expr
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				defined = n.Lhs
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				defined = []ast.Expr{n.Key, n.Value}
			}
		case *ast.Field:
			for _, name := range n.Names {
				defined = append(defined, name)
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				defined = append(defined, name)
			}
		}
		for _, d := range defined {
			if name, ok := d.(*ast.Ident); ok && name.Name != "_" && before(name) {
				names[name.Name] = "variable"
			}
		}
		return true
	})
}

// exportedNames adds what the package in a directory exports.
func exportedNames(dir string, names map[string]string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // none is offered
	}
	all := map[string]string{}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if fits, err := build.Default.MatchFile(dir, name); err != nil || !fits {
			continue // it is for another platform
		}
		file, _ := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if file != nil {
			declaredNames(file, all)
		}
	}
	for name, kind := range all {
		if token.IsExported(name) {
			names[name] = kind
		}
	}
}

// declaredNames adds the names that the top level of a file declares, without methods.
func declaredNames(file *ast.File, names map[string]string) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names[d.Name.Name] = "function"
			}
		case *ast.GenDecl:
			kind := "variable"
			if d.Tok == token.CONST {
				kind = "constant"
			}
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names[s.Name.Name] = "type"
				case *ast.ValueSpec:
					for _, name := range s.Names {
						names[name.Name] = kind
					}
				}
			}
		}
	}
}
