package server

import (
	"context"
	"strings"

	"continuousnet/kernel/internal/source"
)

// What GoNB remembers from cell to cell, kept for the next GoNB.

// remember keeps what GoNB now remembers: the declarations of a cell that compiled, and the special commands that
// changed its state. It carries them out before it compiles; which of them failed it does not say.
func (s *server) remember(cell *run, rewritten source.Rewritten, r result) {
	if r.unread {
		return
	}
	for _, command := range rewritten.Special {
		name, rest, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(command, "%")), " ")
		if !strings.HasPrefix(command, "%") {
			continue
		}
		switch name {
		case "reset":
			if strings.TrimSpace(rest) == "" {
				s.memory.Reset()
			}
		case "rm", "remove":
			s.memory.Remove(strings.Fields(rest)...)
		case "env", "cd", "goflags", "autoget", "noautoget", "track", "untrack":
			if r.failure == nil {
				s.engine.keep(command)
			}
		}
	}
	if r.unbuilt {
		return
	}
	s.memory.Add(rewritten.Decls)
	s.locals.Add(cell.count, rewritten.Locals)
}

// forget makes GoNB forget a declaration.
func (s *server) forget(ctx context.Context, key string) bool {
	s.memory.Remove(key)
	engine, err := s.engine.ready(ctx, nil)
	return err == nil && s.engine.run(ctx, engine, "%rm "+key) == nil
}
