package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"continuousnet/kernel/internal/report"
	"continuousnet/kernel/internal/words"
	"continuousnet/kernel/values"
)

// The kernel's own commands, but for those about itself.

// cellMagics are the commands of a cell's first line that are not about Go, and not GoNB's.
var cellMagics = map[string]func(*server, *run, string) (string, *report.Report){
	"%%html":       showAs("text/html"),
	"%%markdown":   showAs("text/markdown"),
	"%%md":         showAs("text/markdown"),
	"%%svg":        showAs("image/svg+xml"),
	"%%latex":      showAs("text/latex"),
	"%%javascript": showAs("application/javascript"),
}

// showAs shows the rest of a cell.
func showAs(format string) func(*server, *run, string) (string, *report.Report) {
	return func(_ *server, cell *run, code string) (string, *report.Report) {
		_, text, _ := strings.Cut(code, "\n")
		cell.message("display_data", raw(map[string]any{
			"data": map[string]string{format: text, "text/plain": text}, "metadata": map[string]any{},
		}), nil, nil)
		return "", nil
	}
}

// checkWritable returns an error if the file of a %%writefile, whose first line is given, cannot be written: GoNB does
// not tell. Where a cell has changed the directory, only that of an absolute path is known here.
func (s *server) checkWritable(line string) error {
	_, path := commandWords(strings.TrimPrefix(line, "//gonb:"))
	path = strings.TrimSpace(strings.TrimPrefix(path, "-a "))
	changed := slices.ContainsFunc(s.engine.kept(), func(c string) bool { return strings.HasPrefix(c, "%cd") })
	if path == "" || strings.HasPrefix(path, "~") || changed && !filepath.IsAbs(path) {
		return nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.dir, path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return fmt.Errorf("the cell is not written: %w", err)
	}
	return f.Close()
}

// timeCell lets the rest of a cell be timed. The command stands after blank lines.
func timeCell(s *server, cell *run, blank, code string) (string, *report.Report) {
	first, rest, _ := strings.Cut(code, "\n")
	if _, arguments := commandWords(strings.TrimPrefix(first, "//gonb:")); arguments != "" {
		return "", failed("CommandError", fmt.Sprintf("%%%%time stands alone in the first line of a cell, found %q "+
			"behind it; %%time STATEMENT times a statement", arguments))
	}
	cell.content.Code = blank + "\n" + rest
	code, failure := s.magics(cell)
	cell.timed = true
	return code, failure
}

// timeStatement lets a cell with a statement in place of the command be timed.
func timeStatement(_ *server, cell *run, statement string) (string, error) {
	if statement == "" {
		return "", errors.New("%time takes a statement, as in %time f(3); %%time in the first line times a whole cell")
	}
	cell.timed = true
	return statement, nil
}

// replaceBy makes a command of another one.
func replaceBy(command string) func(*server, *run, string) (string, error) {
	return func(_ *server, _ *run, arguments string) (string, error) {
		if arguments != "" {
			return "", fmt.Errorf("the command takes no arguments, found %q", arguments)
		}
		return command, nil
	}
}

// lsmagic prints the names of all commands.
func (s *server) lsmagic(cell *run, _ string) (string, error) {
	var names []string
	for _, m := range magics {
		names = append(names, m.name)
	}
	slices.Sort(names)
	cell.text("stdout", strings.Join(names, "  ")+"\n")
	return "", nil
}

// cd has GoNB change to a directory that there is; it would say that it has changed to any other, too.
func (s *server) cd(_ *run, arguments string) (string, error) {
	path := strings.Trim(arguments, `"`)
	if path != "" && !strings.HasPrefix(path, "~") {
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.cellDir(), path)
		}
		if info, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%%cd: %w", err)
		} else if !info.IsDir() {
			return "", fmt.Errorf("%%cd: %s is no directory", path)
		}
	}
	return strings.TrimSpace("%cd " + arguments), nil
}

// goTestFlags are the flags of go test that a test's program takes with "test." before them.
var goTestFlags = strings.Fields(`bench benchmem benchtime blockprofile count coverprofile cpu cpuprofile failfast
	fullpath fuzz fuzztime list memprofile mutexprofile parallel run short shuffle skip timeout trace v`)

// testFlags gives GoNB the flags of go test in the form that the program of the tests takes.
func testFlags(_ *server, _ *run, arguments string) (string, error) {
	fields := strings.Fields(arguments)
	for i, f := range fields {
		name, value, hasValue := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if strings.HasPrefix(f, "-") && slices.Contains(goTestFlags, name) {
			fields[i] = "-test." + name
			if hasValue {
				fields[i] += "=" + value
			}
		}
	}
	return strings.TrimSpace("%test " + strings.Join(fields, " ")), nil
}

// env shows the environment of the cells, a variable of it, or has GoNB set one.
func (s *server) env(cell *run, arguments string) (string, error) {
	name, value, set := strings.Cut(arguments, "=")
	if space := strings.IndexAny(arguments, " \t"); space >= 0 && (!set || space < len(name)) {
		name, value, set = arguments[:space], strings.TrimSpace(arguments[space:]), true
	}
	if set {
		if name == "" {
			return "", fmt.Errorf("%%env NAME=VALUE takes a name before the =, found %q", arguments)
		}
		advice, err := s.checkGoVariable(name, strings.Trim(value, `"`))
		if err != nil {
			return "", fmt.Errorf("%%env %s: %w", name, err)
		}
		cell.text("stderr", advice)
		if own := filepath.Join(s.processes.Dir, binDir); name == "PATH" && !strings.Contains(value, own) {
			value = own + string(filepath.ListSeparator) + strings.Trim(value, `"`) // GoNB finds its programs there
		}
		if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
			return "%env " + name + " " + value, nil // quoted as GoNB has it
		}
		return "%env " + name + ` "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`, nil
	}
	all := s.cellEnvironment()
	if name == "" {
		cell.text("stdout", strings.Join(all, "\n")+"\n")
		return "", nil
	}
	if value, ok := valueIn(all, name); ok {
		cell.text("stdout", value+"\n")
		return "", nil
	}
	return "", fmt.Errorf("the environment of cells has no variable %s; %%env %s=VALUE sets it", name, name)
}

// cellEnvironment returns the environment that cells have, in the order of the names, without what is the kernel's own.
func (s *server) cellEnvironment() []string {
	list, kernels := map[string]string{}, s.ownEnvironment()
	for _, variable := range s.environment() {
		name, value, _ := strings.Cut(variable, "=")
		if _, own := kernels[name]; !own {
			list[name] = value
		}
	}
	for _, setting := range s.engine.kept() {
		if name, value, ok := envSetting(setting); ok {
			list[name] = value
		}
	}
	var all []string
	for name, value := range list {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	return all
}

// envSetting returns what a command %env that GoNB has carried out has set.
func envSetting(command string) (name, value string, ok bool) {
	rest, ok := strings.CutPrefix(command, "%env ")
	if !ok {
		return "", "", false
	}
	name, value, ok = strings.Cut(strings.TrimSpace(rest), " ")
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(value[1 : n-1])
	}
	return name, value, ok
}

// who lists the variables of the session.
func (s *server) who(cell *run, arguments string) (string, error) {
	if arguments != "" {
		return "", fmt.Errorf("%%who takes no arguments, found %q", arguments)
	}
	index, err := values.ReadIndex(s.valuesPath())
	if err != nil {
		return "", err
	}
	stored := map[string]values.Variable{}
	for _, v := range index.Variables {
		stored[v.Name] = v
	}
	rows := [][3]string{}
	for _, v := range s.program.Variables() {
		size := "no value"
		if kept, ok := stored[v.Name]; ok && kept.Lost != "" {
			size = "no value: " + kept.Lost
		} else if ok {
			size = words.Bytes(kept.Size)
		}
		rows = append(rows, [3]string{v.Name, v.Type.String(), size})
	}
	if len(rows) == 0 {
		cell.text("stdout", "no variables\n")
		return "", nil
	}
	var width [2]int
	for _, r := range rows {
		width[0], width[1] = max(width[0], len(r[0])), max(width[1], min(len(r[1]), 40))
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%-*s  %-*s  %s\n", width[0], r[0], width[1], r[1], r[2])
	}
	cell.text("stdout", b.String())
	return "", nil
}

// reset forgets the variables and declarations of some names, or has GoNB forget all.
func (s *server) reset(cell *run, arguments string) (string, error) {
	names := strings.Fields(arguments)
	if arguments == "-f" { // IPython's, which asks without it
		names, arguments = nil, ""
	}
	if len(names) == 0 || arguments == "go.mod" {
		return strings.TrimSpace("%reset " + arguments), nil
	}
	declared := s.memory.Declares()
	var known []string
	for _, name := range names {
		gone := s.program.Knows(name)
		if declared[name] {
			known = append(known, name)
		} else if !gone {
			return "", fmt.Errorf("there is no variable or declaration %s; %%who and %%list show them", name)
		}
	}
	s.forgetVariables(names...)
	if len(known) == 0 {
		return "", nil
	}
	return "%rm " + strings.Join(known, " "), nil
}
