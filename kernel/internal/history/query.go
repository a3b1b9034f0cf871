package history

import (
	"slices"
	"unicode/utf8"
)

// tail returns the last n entries, the oldest first, this session's included; all of them if n is negative.
func (h *History) tail(n int) []entry {
	entries := h.all()
	if n < 0 || n > len(entries) {
		return entries
	}
	return entries[len(entries)-n:]
}

// between returns the entries of a session with start <= line < stop, in order. Session 0 is the current one, -1 the
// one before it. As in IPython, a stop of 0 means to the end, and a negative start or stop counts from the end.
func (h *History) between(session, start, stop int) []entry {
	if session <= 0 {
		session += h.session
	}
	var found []entry
	for _, e := range h.all() {
		if e.Session == session {
			found = append(found, e)
		}
	}
	if len(found) == 0 {
		return nil
	}
	end := found[len(found)-1].Line + 1
	if start < 0 {
		start += end
	}
	if stop < 0 {
		stop += end
	} else if stop == 0 {
		stop = end
	}
	return slices.DeleteFunc(found, func(e entry) bool { return e.Line < start || e.Line >= stop })
}

// search returns the last n entries whose whole input matches the pattern, the oldest first; all of them if n is
// negative. In a pattern * stands for any text, also of several lines, and ? for any one character. With unique, only
// the latest of several entries with the same input counts.
func (h *History) search(pattern string, n int, unique bool) []entry {
	var found []entry
	seen := map[string]bool{}
	for _, e := range slices.Backward(h.all()) {
		if n >= 0 && len(found) >= n {
			break
		}
		if unique && seen[e.Input] || !match(pattern, e.Input) {
			continue
		}
		if unique {
			seen[e.Input] = true
		}
		found = append(found, e)
	}
	slices.Reverse(found)
	return found
}

// all returns the entries as they are now, those of other kernels included. A file that cannot be read any more leaves
// those that are known.
func (h *History) all() []entry {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _ = h.refresh()
	return slices.Clone(h.entries)
}

// match reports whether the pattern with * and ? matches the whole text. Only the last * is ever tried again: what an
// earlier one could match, the last one can match as well.
func match(pattern, text string) bool {
	star, again := -1, 0 // position behind the last *, and where in the text it is tried next
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			p++
			star, again = p, t
		case p < len(pattern) && pattern[p] == '?':
			p++
			t += runeLen(text[t:])
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			again += runeLen(text[again:])
			p, t = star, again
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

func runeLen(text string) int {
	_, n := utf8.DecodeRuneInString(text)
	return n
}
