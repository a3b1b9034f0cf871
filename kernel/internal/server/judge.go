package server

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/report"
	"continuousnet/kernel/internal/source"
)

// How a cell has ended, and its error in readable form.

// judge returns the result of an attempt from GoNB's execute_reply and the cell's stderr.
func (s *server) judge(cell *run, rewritten source.Rewritten, reply json.RawMessage, stderr string,
	number int) result {
	var content struct {
		Status    string   `json:"status"`
		Value     string   `json:"evalue"`
		Traceback []string `json:"traceback"`
	}
	if err := json.Unmarshal(reply, &content); err != nil {
		return result{failure: failed("EngineError", err.Error())}
	}
	cell.mu.Lock()
	pressed, refusedInput, interrupted := cell.pressed, cell.refusedInput, cell.interrupted
	stderr = report.WithValues(stderr, cell.panics)
	cell.mu.Unlock()
	if refusedInput {
		s.stderr(cell, report.Trim(stderr))
		return result{failure: &noInput}
	}
	if content.Status == "ok" {
		// GoNB replies ok even if a command in the cell has failed.
		if pressed && report.IsExit(stderr) {
			return result{failure: interruptedBy(strings.TrimSpace(strings.TrimPrefix(stderr, "^C")))}
		}
		s.stderr(cell, stderr)
		return result{}
	}
	// A go command that is interrupted before it has begun, when it still has GoNB's name, looks like a cell's program
	// to the interrupt. It says nothing, where GoNB describes the end of a program.
	if pressed && (interrupted == proc.Compiling || content.Value == "") {
		return result{failure: &interruptedBuild, unbuilt: true}
	}
	hideShow(&content.Value, content.Traceback)
	cells := s.engine.cells()
	hints := report.Hints{Cell: number, HasMain: hasMain(cell.content.Code), Locals: rewritten.Locals,
		Ended: s.endedWith, Importable: s.importPaths}
	if compile, ok := report.Compile(content.Value, content.Traceback, cells, hints); ok {
		s.stderr(cell, stderr)
		return result{failure: &compile, unbuilt: true, dotImport: unusedImport(content.Value)}
	}
	failure, rest, crashed := report.Panic(stderr, cells)
	if crashed {
		s.stderr(cell, rest)
	} else {
		s.stderr(cell, report.Trim(stderr))
		failure = report.Exit(content.Value)
		if pressed {
			return result{failure: interruptedBy(content.Value)}
		}
	}
	return result{failure: &failure}
}

// panicsWith records what the value of a panic is like, of which Go's runtime prints the address.
func (c *run) panicsWith(address, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.panics == nil {
		c.panics = map[string]string{}
	}
	c.panics[address] = text
}

// failed returns an error whose traceback is its value, one line.
func failed(name, value string) *report.Report {
	return &report.Report{Name: name, Value: value, Traceback: []string{value}}
}

// hideShow removes the kernel's own call from the messages of the compiler.
func hideShow(value *string, traceback []string) {
	words := regexp.MustCompile(` in argument to ` + regexp.QuoteMeta(ShowCall) + `(IO)?\b`)
	*value = words.ReplaceAllString(*value, "")
	for i := range traceback {
		traceback[i] = words.ReplaceAllString(traceback[i], "")
	}
}

// noInput is the error of a cell that reads standard input where there is none; the name is ipykernel's.
var noInput = func() report.Report {
	const name, value = "StdinNotImplementedError", "this cell reads standard input, and the front end offers none " +
		"(allow_stdin is false); the cell was interrupted"
	return report.Report{Name: name, Value: value, Traceback: []string{name + ": " + value}}
}()

// interruptedBuild is the error of a cell that was stopped before it ran.
var interruptedBuild = report.Report{Name: "Interrupted", Value: "interrupted while it was compiled",
	Traceback: []string{"interrupted while it was compiled; nothing of this cell has run"}}

// interruptedBy returns the error of a cell that was interrupted and ended as the text describes.
func interruptedBy(ending string) *report.Report {
	return &report.Report{Name: "Interrupted", Value: "interrupted", Traceback: []string{"interrupted: " + ending}}
}

// endedWith returns the label of the cell that defined a variable which did not outlast it, and why.
func (s *server) endedWith(name string) (cell, reason string, ok bool) {
	number, reason, ok := s.program.Ended(name)
	return fmt.Sprintf("cell [%d]", number), reason, ok
}

var mainLine = regexp.MustCompile(`(?m)^(//gonb:)?%(%|main)(\s|$)|^func\s+main\s*\(`)

// hasMain reports whether a cell itself marks or declares its func main.
func hasMain(code string) bool { return mainLine.MatchString(code) }

var importUnused = regexp.MustCompile(`"([^"\n]+)" imported and not used`)

// unusedImport returns the path of an import that the compiler complains about.
func unusedImport(messages string) string {
	if match := importUnused.FindStringSubmatch(messages); match != nil {
		return match[1]
	}
	return ""
}
