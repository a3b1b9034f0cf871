package server

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/report"
	"continuousnet/kernel/internal/wire"
	"continuousnet/kernel/internal/words"
)

// magic is a special command, for %help and for completion.
type magic struct {
	name, arguments, about string
	run                    func(*server, *run, string) error // nil: GoNB's own
}

// magics lists the special commands, the kernel's own and GoNB's.
var magics []magic

func init() { // set here, as help refers to magics
	magics = []magic{
		{"%help", "", "this page", (*server).help},
		{"%usage", "", "time, processor and memory of the last cell, memory of the kernel, messages that were dropped",
			(*server).showUsage},
		{"%%", "[arguments]",
			"the rest of the cell is the body of main, with these command-line arguments; not needed in most cells",
			nil},
		{"%main", "[arguments]", "the same as %%", nil},
		{"%args", "arguments", "command-line arguments of the cell's program", nil},
		{"%exec", "function [arguments]", "run a function in place of main", nil},
		{"%test", "[arguments]",
			"run the cell's tests and benchmarks, with go test; arguments are as -test.run=Name, -test.v", nil},
		{"%wasm", "", "compile the cell to WebAssembly and run it in the browser", nil},
		{"%env", "NAME VALUE", "set an environment variable for the cells that follow", nil},
		{"%cd", "[directory]", "change the directory in which cells run, or say which it is", nil},
		{"%goflags", "flags", `flags of go build for the cells that follow; %goflags "" takes them back`, nil},
		{"%list", "", "what the cells so far have declared (also %ls); " +
			"cnetcell is the import by which last expressions are shown", nil},
		{"%rm", "names", "forget declarations, by the names that %list gives (also %remove); a method is Type~Method",
			nil},
		{"%reset", "[go.mod]", "forget all declarations, or begin go.mod afresh", nil},
		{"%autoget", "", "let GoNB run go get before a cell; " +
			"%noautoget switches it off (both without effect here: see !*go get)", nil},
		{"%track", "[file or directory]", "watch Go files outside the notebook; %untrack ends it", nil},
		{"%goworkfix", "", "add replace rules to go.mod for the modules of go.work", nil},
		{"%capture", "[-a] file", "write the cell's output to a file as well", nil},
		{"%with_inputs", "", "offer an input field to the next ! command; %with_password one that hides what is typed",
			nil},
		{"%widgets", "", "connect GoNB's widgets to the front end", nil},
		{"%version", "", "GoNB's version, as GoNB gives it; go run ./kernel version knows those of all parts", nil},
		{"%%writefile", "[-a] file", "first line of a cell: write the rest to a file", nil},
		{"%%bash", "", "first line of a cell: run the rest in bash; %%sh and %%script COMMAND likewise", nil},
		{"!", "command", "run a command in the shell; !*command in the directory where cells are built, !*go get " +
			"PACKAGE fetches a package", nil},
	}
}

// magics carries out the kernel's own special commands and returns the cell without them. Their lines become empty, so
// that line numbers stay the same.
func (s *server) magics(cell *run) (string, *report.Report) {
	lines := strings.Split(cell.content.Code, "\n")
	if first, _, _ := strings.Cut(lines[0], " "); strings.HasPrefix(first, "%%") && len(strings.TrimSpace(first)) > 2 {
		return cell.content.Code, nil // another language
	}
	for i, line := range lines {
		name, arguments, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "//gonb:")), " ")
		at := slices.IndexFunc(magics, func(m magic) bool { return m.name == name && m.run != nil })
		if at < 0 || !strings.HasPrefix(strings.TrimPrefix(line, "//gonb:"), "%") {
			continue
		}
		lines[i] = ""
		if err := magics[at].run(s, cell, strings.TrimSpace(arguments)); err != nil {
			return "", failed("CommandError", err.Error())
		}
	}
	return strings.Join(lines, "\n"), nil
}

// help opens the pager with a page on cells and special commands.
func (s *server) help(cell *run, arguments string) error {
	if arguments != "" {
		return fmt.Errorf("%%help takes no arguments, found %q; a name is explained by Shift+Tab or Tab", arguments)
	}
	var b strings.Builder
	b.WriteString(helpHead)
	for _, m := range magics {
		fmt.Fprintf(&b, "    %-36s %s\n", strings.TrimSpace(m.name+" "+m.arguments), m.about)
	}
	b.WriteString(helpTail)
	cell.payload = append(cell.payload,
		map[string]any{"source": "page", "data": map[string]string{"text/plain": b.String()}, "start": 0})
	return nil
}

const helpHead = `A cell is Go: declarations and statements in any order, run as a program of its own.

    x := math.Sqrt(2)          common packages need no import line
    fmt.Println(x)
    x * x                      the last expression is shown; a semicolon behind it prevents that

What a cell declares (import, const, type, var, func) is there in the cells that follow; a var is computed again in
each of them. What its statements define with := ends with the cell: values do not survive, what matters is on disk.

Lines that begin with % or ! are commands, in the middle of Go as well; a space before them makes them Go:

`

const helpTail = `
Interrupt (the stop button) sends the cell an interrupt signal, so that a training run can save; the second time, or
after 15 s (CNET_INTERRUPT_GRACE=30s in the environment of Jupyter), the cell is killed.

Package continuousnet/kernel/cell shows values: cell.Display(v), cell.Update("id", v), cell.Clear(wait). A value with a
method HTML, Markdown, SVG or PNG, or an image.Image, is shown as that.
`

// showUsage prints the resources that the session has used.
func (s *server) showUsage(cell *run, _ string) error {
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
	return nil
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
