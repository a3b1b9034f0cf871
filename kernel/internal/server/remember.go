package server

import (
	"context"
	"strings"

	"continuousnet/kernel/internal/source"
)

// The state that GoNB keeps from cell to cell, recorded for the next GoNB.

// remember records what GoNB has kept of a cell: its declarations if it was compiled, and the special commands that
// changed GoNB's state. GoNB carries these out before it compiles, and does not report which of them failed.
func (s *server) remember(rewritten source.Rewritten, r result) {
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
				s.forgetVariables()
			}
		case "rm", "remove":
			s.memory.Remove(strings.Fields(rest)...)
			s.forgetVariables(strings.Fields(rest)...)
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
	s.commitVariables()
}

// forget makes GoNB forget a declaration.
func (s *server) forget(ctx context.Context, key string) bool {
	s.memory.Remove(key)
	engine, err := s.engine.ready(ctx, nil)
	return err == nil && s.engine.run(ctx, engine, "%rm "+key) == nil
}
