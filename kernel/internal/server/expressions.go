package server

import (
	"context"
	"encoding/json"
	"fmt"
	"go/parser"
	"maps"
	"slices"
	"sync"

	"continuousnet/kernel/internal/report"
	"continuousnet/kernel/internal/source"
)

// The user_expressions of an execute_request are evaluated when its cell has succeeded, each by a program of its own.
// Nothing that they print or show is published.

// expressionResult is the answer to an expression that has a value; to others it is an [errorContent].
type expressionResult struct {
	Status   string          `json:"status"`
	Data     json.RawMessage `json:"data"`
	Metadata json.RawMessage `json:"metadata"`
}

// capture takes what a cell shows while an expression is evaluated.
type capture struct {
	code   string
	mu     sync.Mutex
	result expressionResult
}

// take keeps the content of an execute_result.
func (c *capture) take(content map[string]json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.result.Data, c.result.Metadata = objectOr(content["data"]), objectOr(content["metadata"])
}

// evaluateAll returns the answers to the expressions of a cell, by their names.
func (s *server) evaluateAll(ctx context.Context, cell *run) map[string]any {
	answers := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(cell.content.UserExpressions)) {
		result, failure := s.evaluate(ctx, cell, cell.content.UserExpressions[name])
		if answers[name] = result; failure != nil {
			answers[name] = errorContent{"error", failure.Name, failure.Value, failure.Traceback}
		}
	}
	return answers
}

func (s *server) evaluate(ctx context.Context, cell *run, expression any) (expressionResult, *report.Report) {
	code, ok := expression.(string)
	if !ok {
		return expressionResult{}, failed("RequestError",
			fmt.Sprintf("a user expression is %v, expected a string", expression))
	}
	if _, err := parser.ParseExpr(code); err != nil {
		return expressionResult{}, failed("CompileError", "not an expression: "+code)
	}
	if cell.stopped() {
		return expressionResult{}, interruptedBy("before it began")
	}
	c := &capture{code: code, result: expressionResult{"ok", json.RawMessage("{}"), json.RawMessage("{}")}}
	cell.captured.Store(c)
	defer cell.captured.Store(nil)
	result := s.attempt(ctx, cell, source.Rewrite(code, s.showing()))
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.result, result.failure
}

// showing returns the options with which the value of a cell's last expression is shown.
func (s *server) showing() source.Options {
	if s.o.Checkout == "" { // package cell has gone with it
		return source.Options{Displays: s.memory.Displays()}
	}
	return source.Options{Show: ShowCall, ShowImport: showImport, Displays: s.memory.Displays()}
}
