package server

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/report"
	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/wire"
	"continuousnet/kernel/internal/words"
)

// magic is a special command, for %help and for completion.
type magic struct {
	name, arguments, about string
	// run carries out a command of the kernel's own and returns what is left for GoNB in its place, mostly nothing. It
	// is nil for GoNB's own.
	run func(*server, *run, string) (string, error)
}

// magics lists the special commands, the kernel's own and GoNB's.
var magics []magic

func init() { // set here, as help refers to magics
	magics = []magic{
		{"%help", "", "this page", (*server).help},
		{"%usage", "", "time, processor and memory of the last cell, memory of the kernel, messages that were dropped",
			(*server).showUsage},
		{"%who", "", "the variables of the session with their types and sizes (also %whos)", (*server).who},
		{"%whos", "", "the same as %who", (*server).who},
		{"%reset", "[names]", "forget variables and declarations, all of them if no name is given; %reset go.mod " +
			"begins go.mod afresh", (*server).reset},
		{"%time", "statement", "run a statement and print the time that it takes", timeStatement},
		{"%%time", "", "first line of a cell: print the time that the cell takes, compilation left out", nil},
		{"%%", "[arguments]",
			"the rest of the cell is the body of main, with these command-line arguments; not needed in most cells",
			nil},
		{"%main", "[arguments]", "the same as %%", nil},
		{"%args", "arguments", "command-line arguments of the cell's program", nil},
		{"%exec", "function [arguments]", "run a function in place of main", nil},
		{"%test", "[flags]", "run the cell's tests and benchmarks, with the flags of go test: -v, -run Name, -bench .",
			testFlags},
		{"%wasm", "", "compile the cell to WebAssembly and run it in the browser", nil},
		{"%env", "[NAME[=VALUE]]", "show the environment of the cells that follow, or a variable of it, or set one",
			(*server).env},
		{"%cd", "[directory]", "change the directory in which cells run, or say which it is",
			(*server).cd},
		{"%pwd", "", "print the directory in which cells run", replaceBy("!pwd")},
		{"%goflags", "flags", `flags of go build for the cells that follow; %goflags "" takes them back`, nil},
		{"%list", "", "what the cells so far have declared (also %ls); " +
			"cnetcell is the import by which last expressions are shown", nil},
		{"%ls", "", "the same as %list", nil},
		{"%rm", "names", "forget declarations, by the names that %list gives (also %remove); a method is Type~Method",
			nil},
		{"%remove", "names", "the same as %rm", nil},
		{"%autoget", "", "let GoNB run go get before a cell; " +
			"%noautoget switches it off (both without effect here: see !*go get)", nil},
		{"%noautoget", "", "see %autoget", nil},
		{"%track", "[file or directory]", "watch Go files outside the notebook; %untrack ends it", nil},
		{"%untrack", "file or directory", "see %track", nil},
		{"%goworkfix", "", "add replace rules to go.mod for the modules of go.work", nil},
		{"%capture", "[-a] file", "write the cell's output to a file as well", nil},
		{"%with_inputs", "", "offer an input field to the next ! command; %with_password one that hides what is typed",
			nil},
		{"%with_password", "", "see %with_inputs", nil},
		{"%widgets", "", "connect GoNB's widgets to the front end", nil},
		{"%widgets_hb", "", "the same as %widgets, with a heartbeat", nil},
		{"%version", "", "GoNB's version, as GoNB gives it; go run ./kernel version knows those of all parts", nil},
		{"%lsmagic", "", "the names of all commands", (*server).lsmagic},
		{"%%writefile", "[-a] file", "first line of a cell: write the rest to a file", nil},
		{"%%bash", "", "first line of a cell: run the rest in bash; %%sh and %%script COMMAND likewise", nil},
		{"%%sh", "", "see %%bash", nil},
		{"%%script", "command", "see %%bash", nil},
		{"%%gx", "", "first line of a cell: run the rest as GX, with GoNB's compiler of it", nil},
		{"NAME?", "", "the documentation of a name: fmt.Println?, run.Refine?, %time?", nil},
		{"%%html", "", "first line of a cell: show the rest as HTML", nil},
		{"%%markdown", "", "first line of a cell: show the rest as Markdown (also %%md)", nil},
		{"%%md", "", "the same as %%markdown", nil},
		{"%%svg", "", "first line of a cell: show the rest as SVG; %%latex and %%javascript likewise", nil},
		{"%%latex", "", "see %%svg", nil},
		{"%%javascript", "", "see %%svg", nil},
		{"!", "command", "run a command in the shell; !*command in the directory where cells are built, !*go get " +
			"PACKAGE fetches a package", nil},
	}
}

// magics carries out the kernel's own special commands and returns the cell for GoNB. Their lines become empty, so that
// line numbers stay the same.
func (s *server) magics(cell *run) (string, *report.Report) {
	code := cell.content.Code
	blank, rest := source.AfterBlankLines(code)
	if name := firstWord(rest); len(name) > 2 && strings.HasPrefix(name, "%%") {
		if _, known := magicOf(name); !known {
			return "", unknownCommand(name)
		}
		if name == "%%time" {
			return timeCell(s, cell, blank, rest)
		}
		if show := cellMagics[name]; show != nil {
			return show(s, cell, rest)
		}
		if first, _, _ := strings.Cut(rest, "\n"); name == "%%writefile" {
			if err := s.checkWritable(first); err != nil {
				return "", failed("CommandError", err.Error())
			}
		}
		code = rest
	}
	lines := strings.Split(code, "\n")
	for _, c := range source.Commands(code) {
		if name, ok := source.Question(c.Text); ok {
			if err := s.explain(cell, name, c.Line); err != nil {
				return "", failed("CommandError", err.Error())
			}
			lines[c.Line] = ""
			continue
		}
		name, arguments := commandWords(c.Text)
		m, known := magicOf(name)
		if !known {
			return "", unknownCommand(name)
		}
		if m.run == nil {
			continue
		}
		rest, err := m.run(s, cell, arguments)
		if err != nil {
			return "", failed("CommandError", err.Error())
		}
		for i := range c.Lines {
			lines[c.Line+i] = ""
		}
		lines[c.Line] = rest
	}
	return strings.Join(lines, "\n"), nil
}

// firstWord returns the first word of a cell, without the prefix that hides commands from editors.
func firstWord(code string) string {
	line, _, _ := strings.Cut(code, "\n")
	name, _ := commandWords(strings.TrimPrefix(line, "//gonb:"))
	return name
}

// commandWords returns the name of a special command, which is "!" for all of the shell's, and what follows.
func commandWords(text string) (name, arguments string) {
	if strings.HasPrefix(text, "!") {
		return "!", text[1:]
	}
	text = strings.TrimRight(text, " \t\r")
	if end := strings.IndexAny(text, " \t"); end >= 0 {
		return text[:end], strings.TrimSpace(text[end:])
	}
	return text, ""
}

func magicOf(name string) (magic, bool) {
	at := slices.IndexFunc(magics, func(m magic) bool { return m.name == name })
	if at < 0 {
		return magic{}, false
	}
	return magics[at], true
}

// unknownCommand returns the error for a special command that there is not, with those whose names are near.
func unknownCommand(name string) *report.Report {
	var near []string
	for _, m := range magics {
		if words.Distance(m.name, name) <= 2 || len(name) > 2 && strings.HasPrefix(m.name, name) {
			near = append(near, m.name)
		}
	}
	text := fmt.Sprintf("there is no command %s", name)
	if len(near) > 0 {
		text += "; there is " + strings.Join(near, ", ")
	}
	return failed("CommandError", text+"; %help explains them all")
}

// help opens the pager with a page on cells and special commands.
func (s *server) help(cell *run, arguments string) (string, error) {
	if arguments != "" {
		return "", fmt.Errorf("%%help takes no arguments, found %q; NAME? explains a name, and so does Shift+Tab",
			arguments)
	}
	var b strings.Builder
	b.WriteString(helpHead)
	for _, m := range magics {
		fmt.Fprintf(&b, "    %-36s %s\n", strings.TrimSpace(m.name+" "+m.arguments), m.about)
	}
	b.WriteString(helpTail)
	cell.payload = append(cell.payload,
		map[string]any{"source": "page", "data": map[string]string{"text/plain": b.String()}, "start": 0})
	return "", nil
}

const helpHead = `A cell is Go: declarations and statements in any order, run as a program of its own.

    x := math.Sqrt(2)          common packages need no import line
    fmt.Println(x)
    x * x                      the last expression is shown; a semicolon behind it prevents that

What a cell declares (import, const, type, var, func) is there in the cells that follow, and so are the values of its
variables, those that statements define with := as well. A cell is a program of its own: values are written when it
ends, and read by the next one that uses them. Functions with variables of their own, channels, files and connections
do not last; the next use of such a variable says so.

Lines that begin with % or ! are commands, among statements as well:

`

const helpTail = `
Interrupt (the stop button) sends the cell an interrupt signal, so that a training run can save; the second time, or
after 15 s (CNET_INTERRUPT_GRACE=30s in the environment of Jupyter), the cell is killed.

Package continuousnet/kernel/cell shows values: cell.Display(v), cell.Update("id", v), cell.Clear(wait). A value with a
method HTML, Markdown, SVG or PNG, or an image.Image, is shown as that. Package continuousnet/kernel/widget has sliders,
menus and buttons for a running cell.
`

// showUsage prints the resources that the session has used.
func (s *server) showUsage(cell *run, _ string) (string, error) {
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	memory, processes := s.memoryInUse()
	var b strings.Builder
	fmt.Fprintf(&b, "last cell     %s, processor time %s (with its compilation), at most %s of memory\n",
		last.Wall.Round(time.Millisecond), last.CPU.Round(time.Millisecond), words.Bytes(last.PeakRSS))
	fmt.Fprintf(&b, "kernel        %s in %d processes, since %s\n", words.Bytes(memory), processes,
		s.started.Format("15:04:05"))
	fmt.Fprintf(&b, "dropped       %d damaged, %d wrongly signed, %d replayed messages; %d connections refused\n",
		s.dropped.of(wire.ErrFrames)+s.dropped.of(wire.ErrJSON), s.dropped.of(wire.ErrSignature),
		s.dropped.of(errReplayed), s.sockets.Refused())
	cell.text("stdout", b.String())
	return "", nil
}

// memoryInUse returns the resident memory of the kernel and everything below it, and the number of these processes.
func (s *server) memoryInUse() (memory int64, processes int) {
	own, err := proc.RSS(os.Getpid())
	if err != nil {
		s.o.Log.Printf("usage: %v", err)
	}
	memory, processes = own, 1
	for _, p := range proc.Descendants(os.Getpid()) {
		memory += p.RSS
		processes++
	}
	return memory, processes
}

// completeMagic returns the completions of a special command at the end of text and the offset at which it begins; nil
// if there is none.
func completeMagic(text string) (names []string, from int) {
	from = strings.LastIndexByte(text, '\n') + 1
	word := text[from:]
	if strings.HasPrefix(word, "!") {
		return []string{}, len(text) // the shell's
	}
	if !strings.HasPrefix(word, "%") || strings.ContainsAny(word, " \t") {
		return nil, 0
	}
	names = []string{}
	for _, m := range magics {
		if strings.HasPrefix(m.name, word) {
			names = append(names, m.name)
		}
	}
	return names, from
}

// inspectMagic returns the explanation of the special command in the line of the cursor.
func inspectMagic(text string, cursor int) (string, bool) {
	from := strings.LastIndexByte(text[:cursor], '\n') + 1
	line, _, _ := strings.Cut(text[from:], "\n")
	name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	if strings.HasPrefix(name, "!") {
		name = "!"
	}
	for _, m := range magics {
		if m.name == name {
			return strings.TrimSpace(m.name+" "+m.arguments) + "\n\n" + m.about, true
		}
	}
	return "", false
}
