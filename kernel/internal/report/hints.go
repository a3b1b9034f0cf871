package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"continuousnet/kernel/internal/packages"
	"continuousnet/kernel/internal/words"
)

// Hints is what the caller knows beyond the compiler's messages. The zero value is of use.
type Hints struct {
	// Cell is GoNB's id of the cell that failed; 0 if not known.
	Cell int
	// HasMain tells that the cell has a line %% or %main, or a func main.
	HasMain bool
	// Locals are names that the cell's statements define, which are variables of the session if the cell compiles.
	Locals []string
	// Ended tells which earlier cell defined a variable that could not outlast it, and why. May be nil.
	Ended func(name string) (cell, reason string, ok bool)
	// Importable returns the paths of all packages that a cell can import. May be nil.
	Importable func() []string
}

// of returns the hint for a message, or "" if there is none.
func (h Hints) of(m *message) string {
	for _, r := range remedies() {
		if match := r.when.FindStringSubmatch(m.text); match != nil {
			if hint := r.hint(match, m, h); hint != "" {
				return hint
			}
		}
	}
	if h.Cell > 0 && m.id > 0 && m.id != h.Cell {
		return fmt.Sprintf("%s compiled, but what it uses has been changed or removed since. Run %s again with a "+
			"version that fits, or forget the declaration with `%%rm NAME` in a cell of its own", m.cell, m.cell)
	}
	return ""
}

// remedy is a hint for the messages that match. hint may return "" to let the next remedy try.
type remedy struct {
	when *regexp.Regexp
	hint func(match []string, m *message, h Hints) string
}

// say returns a remedy in fixed words; $1 stands for what the expression caught.
func say(when, words string) remedy {
	expression := regexp.MustCompile(when)
	return remedy{expression, func(match []string, m *message, _ Hints) string {
		at := expression.FindStringSubmatchIndex(m.text)
		return string(expression.ExpandString(nil, words, m.text, at))
	}}
}

func choose(when string, hint func(match []string, m *message, h Hints) string) remedy {
	return remedy{regexp.MustCompile(when), hint}
}

// remedies are tried in order.
var remedies = sync.OnceValue(func() []remedy {
	return []remedy{
		say(`^declared and not used: (\S+)$`, "use ${1}, or write `_ = ${1}` as long as nothing does"),
		choose(`^"([^"]+)" imported(?: as (\S+))? and not used`, unusedImport),
		say(`^expected 1 expression$`, "a last expression is one value: show several with fmt.Println(a, b)"),
		choose(`^undefined: ([\pL_][\pL\pN_]*)$`, undefinedName),
		choose(`^undefined: ([\pL_][\pL\pN_]*)\.([\pL_][\pL\pN_]*)$`, undefinedMember),
		say(`^name (\S+) not exported by package`,
			"a package shows only the names that begin with a capital letter; ${1} is its own"),
		choose(`^expected declaration, found|^non-declaration statement outside function body|`+
			`syntax error: non-declaration statement`, strayStatement),
		choose(`^expected '\(', found|^syntax error: unexpected name \S+, expected \(`, nestedFunction),
		say(`^expected statement, found 'import'|^syntax error: unexpected (?:keyword )?import`,
			"imports belong above the line `%%`, or in a cell of their own"),
		say(`^imports must appear before other declarations`, "move the imports to the top of the cell"),
		say(`^missing return$`,
			"a function with a result ends in return (or panic) on every path, also when no `if` is taken"),
		choose(`^(\S+) redeclared in this block`, redeclared),
		say(`^(?:method )?(\S+) (?:already declared|redeclared)`,
			"one name can be declared once: rename one of the two, or remove it"),
		say(`^no new variables on left side of :=`, "the variable exists already: give it a new value with ="),
		say(`^(.+) \(no value\) used as value`, "the function returns nothing: call it on a line of its own"),
		say(`\) is not used$|evaluated but not used$`,
			"a bare value is shown only on the last line of a cell; here assign it, print it, or remove it"),
		say(`^assignment mismatch: 1 variable but (\S+) returns 2 values`,
			"take both, as in `x, err := ${1}(...)`, or drop the second with `x, _ := ${1}(...)`"),
		say(`^too many return values`,
			"return gives back as many values as the function declares; the statements of a cell return none"),
		say(`^missing ',' before newline|unexpected newline in (?:argument|composite|parameter)`,
			"where the closing bracket is on a line of its own, the line before it ends in a comma too; or a bracket "+
				"is not closed"),
		say(`^expected '\{', found newline|^expected .*, found newline|unexpected semicolon or newline before \{`,
			"the opening { belongs at the end of the line of its func, if or for"),
		say(`^(string|rune) literal not terminated`,
			"the closing quote is missing; text over several lines stands between backquotes"),
		say(`^illegal rune literal|^more than one character in rune literal`,
			"single quotes hold one character; text stands between double quotes"),
		say(`^illegal character U\+0023 '#'`, "a comment begins with //"),
		say(`^illegal character U\+20(?:18|19|1C|1D)`, "this is a typographic quote; Go wants the plain ones, \" or `"),
		say(`^(?:illegal|invalid) character U\+(?:00A0|200B|202F|FEFF)`,
			"this is a space of copied text, which looks like one and is none: type it anew"),
		say(`\(method (\S+) has pointer receiver\)`, "${1} is declared for a pointer: pass the address, as in &x"),
		say(`^cannot use generic (?:function|type) (\S+) without instantiation`,
			"write the types that it stands for, as in ${1}[int]"),
		say(`^flag provided but not defined: `,
			"%goflags gave go build a flag that it does not know; `%goflags \"\"` clears the list"),
		say(`does not contain package (\S+?)[;:]?$`,
			"the module is there, the package is not: check the spelling of the path"),
		say(`^use of internal package`, "a package below a directory internal is for its own module alone"),
		choose(`is not in std$|no required module provides package|cannot find module providing package|`+
			`module lookup disabled|`+
			`^go: .*(?:no such host|i/o timeout|connection refused|dial tcp|unrecognized import path)`, unknownModule),
	}
})

// unusedImport returns the hint for an import that is not used. That is rare: goimports removes such imports, but keeps
// dot and blank imports, and the names of packages that it cannot load.
func unusedImport(match []string, m *message, h Hints) string {
	path, alias := match[1], match[2]
	dot := strings.HasPrefix(strings.TrimSpace(m.source), ". ")
	if !dot && (h.Cell == 0 || m.id == h.Cell) {
		return "remove the import, or use the package"
	}
	key := alias
	switch {
	case dot:
		key = ".~" + path
	case key == "":
		key = packages.Key(path)
	}
	if dot && m.id == h.Cell && h.Cell != 0 {
		return "nothing of the package is used: remove the line. A dot import stays for all later cells, and each " +
			"must use it"
	}
	if dot {
		return fmt.Sprintf("the dot import stays for all later cells, and Go wants it used in each. Forget it with "+
			"`%%rm %s` in a cell of its own, and import the package by its name", key)
	}
	return fmt.Sprintf("forget the import with `%%rm %s` in a cell of its own", key)
}

func undefinedName(match []string, m *message, h Hints) string {
	name := match[1]
	if h.Ended != nil {
		if cell, reason, ok := h.Ended(name); ok {
			return fmt.Sprintf("%s was defined by %s and ended with it: %s", name, cell, reason)
		}
	}
	if m.column > 0 && m.column <= len(m.code) {
		if member, ok := strings.CutPrefix(m.code[m.column-1:], name+"."); ok {
			selected := token.FindString(member)
			if packages.ByName[name] != "" && selected != "" {
				return undefinedMember([]string{"", name, selected}, m, h)
			}
			if selected != "" {
				return fmt.Sprintf("no package %s with a name %s was found: check both, or write its import",
					name, selected)
			}
		}
	}
	return ""
}

func undefinedMember(match []string, _ *message, _ Hints) string {
	if first := match[2][:1]; first == strings.ToLower(first) {
		return fmt.Sprintf("a package shows only the names that begin with a capital letter, and %s does not", match[2])
	}
	return fmt.Sprintf("package %s has no name %s: check the spelling", match[1], match[2])
}

func strayStatement(_ []string, _ *message, h Hints) string {
	if h.HasMain {
		return "statements belong below the line `%%`, or in a function"
	}
	return "put a line `%%` before the statements: what follows it runs as func main"
}

// nestedFunction returns the hint for "func f() {" among statements: the parser wants a function literal there.
func nestedFunction(_ []string, m *message, h Hints) string {
	if !strings.HasPrefix(strings.TrimSpace(m.code), "func ") {
		return ""
	}
	if h.HasMain {
		return "a function cannot be declared among statements: move it above the line `%%`"
	}
	return "a function cannot be declared within another: move it out, or write `name := func(...) {...}`"
}

func redeclared(match []string, m *message, h Hints) string {
	name := match[1]
	if name == "main" {
		return "the cell has a func main beside its statements or `%%`: keep one of them"
	}
	fromElsewhere := func(id int) bool { return id > 0 && id != h.Cell }
	if h.Cell > 0 && (fromElsewhere(m.id) || slices.ContainsFunc(m.cells, fromElsewhere)) {
		return fmt.Sprintf("another cell declares %s as something else: forget that with `%%rm %s` in a cell of its "+
			"own, or rename one", name, name)
	}
	return ""
}

var quotedPath = regexp.MustCompile(`(?:^package |internal package |provides package |providing package |` +
	`contain package |^go: )` +
	`"?([\w.~-]+(?:/[\w.~-]+)*)`)

// packagePath returns the package that a message is about, "" if none.
func packagePath(text string) string {
	match := quotedPath.FindStringSubmatch(text)
	if match != nil && (strings.ContainsAny(match[1], "./") || strings.Contains(text, " is not in std")) {
		return match[1]
	}
	return ""
}

func unknownModule(_ []string, m *message, h Hints) string {
	path := packagePath(m.text)
	if path == "" {
		if match := importSpec.FindStringSubmatch(m.code); match != nil {
			path = match[1]
		}
	}
	near := ""
	if list := h.near(path); len(list) > 0 {
		near = "there is " + strings.Join(list, ", ") + ". Else: "
	}
	if path == "" {
		path = "PATH"
	} else if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return near + "a path whose first part has no dot is the standard library's or a module's of your own: check " +
			"the spelling, or add that module with `!*go work use DIR` in a cell of its own"
	}
	return near + fmt.Sprintf("no module in use has it. Check the spelling, or add it in a cell of its own: a module "+
		"of yours with `!*go work use DIR`, another with `!*go get %s@latest`, which needs the network; without it, "+
		"only the modules in the checkout's go.mod can be imported", path)
}

// maxNear bounds how many paths a hint names.
const maxNear = 4

// near returns the paths of packages that may be meant by one that there is not: those that are written nearly so, and
// those that end in it, as "math/rand" does in "rand".
func (h Hints) near(path string) []string {
	if h.Importable == nil || path == "" {
		return nil
	}
	var list []string
	for _, p := range h.Importable() {
		longer := strings.HasSuffix(p, "/"+path)
		if longer || len(path) > 2 && words.Distance(p, path) <= min(2, len(path)/3) {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b string) int {
		return words.Distance(a, path) - words.Distance(b, path)
	})
	return list[:min(len(list), maxNear)]
}

var importSpec = regexp.MustCompile(`"([^"\s]+)"`)
