package gopls

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"continuousnet/kernel/internal/packages"
)

// maxSeenImports is how many imports of the user's are kept for later documents.
const maxSeenImports = 100

// warmDocument is the document before the user's first. The name in it is that of no package that gopls knows from the
// imports: so it searches further.
const (
	warmDocument = "package main\n\nfunc main() {\n\tunheardOf\n}\n"
	warmOffset   = len(warmDocument) - len("\n}\n")
)

// document is the user's text as gopls gets it: with imports added on the line of the package clause.
//
// A change of the set of imported paths makes gopls run "go list", which takes longer than all else. So the set only
// grows: each document imports what earlier ones did. The additions are on one line, which shifts columns there only.
type document struct {
	original string
	text     string // as gopls gets it
	at, add  int    // add bytes were put in at this offset of the original

	own   map[string]bool // the paths that it imports itself
	known []string        // sorted paths that gopls has seen imported
}

// imports is the set of paths that every document imports.
type imports struct {
	known []string // sorted
	seen  int      // how many of them are the user's
	warm  []string
}

func newImports(warm []string) *imports {
	return &imports{known: slices.Sorted(slices.Values(warm)), warm: warm}
}

// document puts the known imports into the text, and learns its own.
func (im *imports) document(text string) (document, error) {
	switch {
	case !utf8.ValidString(text):
		return document{}, errors.New("gopls: the document is not UTF-8")
	case len(text) > maxFrame/8: // JSON may write a byte as six
		return document{}, fmt.Errorf("gopls: the document has %d bytes, more than %d", len(text), maxFrame/8)
	}
	at, ok := packageClauseEnd(text)
	if !ok {
		return document{}, errors.New("gopls: the document does not begin with a package clause")
	}
	own, names := outline(text)
	var add strings.Builder
	for _, p := range im.known {
		if own[p] {
			continue
		}
		name := packages.Name(p)
		blank := "_ "
		if !names[name] {
			names[name] = true // of two packages with one name, only the first can have it
			blank = ""
		}
		fmt.Fprintf(&add, ";import %s%q", blank, p)
	}
	im.learn(own)
	return document{text, text[:at] + add.String() + text[at:], at, add.Len(), own, slices.Clone(im.known)}, nil
}

func (im *imports) learn(paths map[string]bool) {
	for _, p := range slices.Sorted(maps.Keys(paths)) {
		i, found := slices.BinarySearch(im.known, p)
		if found || p == "C" || p[0] == '.' || p[0] == '/' {
			continue // C is cgo; others are of no use to the next document
		}
		if im.seen == maxSeenImports {
			*im = *newImports(im.warm)
			i, _ = slices.BinarySearch(im.known, p)
		}
		im.known = slices.Insert(im.known, i, p)
		im.seen++
	}
}

// packageClauseEnd returns the offset after the package's name.
func packageClauseEnd(text string) (int, bool) {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	s.Init(file, []byte(text), nil, 0)
	if _, tok, _ := s.Scan(); tok != token.PACKAGE {
		return 0, false
	}
	pos, tok, name := s.Scan()
	return file.Offset(pos) + len(name), tok == token.IDENT
}

// outline returns the paths that a document imports, and the names that its top level declares or imports, as far as
// the document parses.
func outline(text string) (paths, names map[string]bool) {
	paths, names = map[string]bool{}, map[string]bool{}
	file, _ := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	if file == nil {
		return paths, names
	}
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil || p == "" {
			continue
		}
		paths[p] = true
		if spec.Name != nil {
			names[spec.Name.Name] = true
		} else {
			names[packages.Name(p)] = true
		}
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, name := range s.Names {
						names[name.Name] = true
					}
				}
			}
		}
	}
	return paths, names
}

// position converts an offset in the original text. An offset inside of a character stands for the character's start.
func (d document) position(offset int) position {
	if offset > d.at {
		offset += d.add
	}
	return positionAt(d.text, offset)
}
