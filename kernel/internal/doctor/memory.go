package doctor

import (
	"fmt"
	"slices"
	"strings"

	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/words"
)

// checkMemory says what each running session takes, with its processes, and what the gopls takes that they share.
func checkMemory(base string) []finding {
	sessions, err := proc.List(base)
	if err != nil {
		return nil // which checkSessions says
	}
	return describeMemory(sessions, proc.ListShared(base))
}

func describeMemory(sessions []proc.SessionInfo, shared []proc.SharedInfo) []finding {
	var all []finding
	for _, s := range sessions {
		if !s.Live {
			continue
		}
		var parts []string
		for _, p := range s.Parts {
			parts = append(parts, fmt.Sprintf("%s %d %s", partName(s, p), p.PID, words.Bytes(p.RSS)))
		}
		all = append(all, finding{subject: "session", detail: fmt.Sprintf("%s since %s: %s (%s)", s.ID,
			s.Created.Format("Jan 2 15:04"), words.Bytes(s.Memory), strings.Join(parts, ", "))})
	}
	slices.SortStableFunc(all, func(a, b finding) int { return strings.Compare(a.detail, b.detail) })
	for _, s := range shared {
		all = append(all, finding{subject: "all sessions", detail: fmt.Sprintf("%s %d: %s in %d %s", s.Program, s.PID,
			words.Bytes(s.Memory), s.Processes, words.Plural(s.Processes, "process", "processes"))})
	}
	return all
}

// partName returns what a process of a session is: the cell for one whose program GoNB has built.
func partName(s proc.SessionInfo, p proc.Process) string {
	switch {
	case p.PID == s.Supervisor:
		return "kernel"
	case p.PID == s.Guard:
		return "guard"
	case strings.HasPrefix(p.Comm, "gonb_"):
		return "cell"
	}
	return p.Comm
}
