package server

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"strings"

	"continuousnet/kernel/internal/gopls"
)

// documentation returns what is known about the name at an offset of a cell, as Markdown or plain text; "" if nothing.
func (s *server) documentation(code string, cursor int) (markdown, plain string, err error) {
	document, offset, ok := s.memory.Document(code, cursor)
	if !ok {
		about, _ := inspectMagic(code, cursor)
		return "", about, nil
	}
	var text string
	err = s.assistant.ask(func(ctx context.Context, client *gopls.Client) (err error) {
		text, _, err = client.Hover(ctx, document, offset)
		return err
	})
	if errors.Is(err, errNoGopls) {
		_, text = s.o.NoGopls()
		err = nil
	}
	return text, text, err
}

// explain opens the pager with the documentation of a name, for which a cell asks in one of its lines: NAME?.
func (s *server) explain(cell *run, name string, line int) error {
	var markdown, plain string
	var err error
	switch {
	case strings.HasPrefix(name, "%"):
		plain, _ = inspectMagic(name, len(name))
	case token.IsKeyword(name):
		plain = name + " is a keyword of Go, which its specification explains: https://go.dev/ref/spec#Keywords"
	default:
		lines := strings.Split(cell.content.Code, "\n")
		ask := func(expression string) {
			lines[line] = expression
			cursor := len(strings.Join(lines[:line+1], "\n"))
			for range 3 { // gopls may have begun just now
				markdown, plain, err = s.documentation(strings.Join(lines, "\n"), cursor)
				if !errors.Is(err, context.DeadlineExceeded) {
					break
				}
			}
		}
		ask(name)
		if dot := strings.LastIndexByte(name, '.'); dot > 0 && err == nil && plain == "" {
			ask("new(" + name[:dot] + ")" + name[dot:]) // a field of a type, or a method of pointers to it
		}
	}
	if err != nil {
		return fmt.Errorf("nothing is known about %s: %w", name, err)
	}
	if plain == "" {
		return fmt.Errorf("there is nothing of the name %s that this cell or one before it declares or imports", name)
	}
	data := map[string]string{"text/plain": plain}
	if markdown != "" {
		data["text/markdown"] = markdown
	}
	cell.payload = append(cell.payload, map[string]any{"source": "page", "data": data, "start": 0})
	return nil
}
