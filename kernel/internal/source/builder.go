package source

import "strings"

// builder puts lines together and remembers where they came from.
type builder struct {
	t           *text
	keepSpecial bool           // special lines are copied with their neighbours
	guards      map[int]string // see guards
	lines       []string
	from        []int
	pos         int  // the byte of the cell after the last one copied; -1 after an added line
	continues   bool // the last line is a special command that would take the next line too
}

// add appends a line that the cell does not have.
func (b *builder) add(s string) {
	if b.continues { // an empty line ends a command that would swallow this one
		b.lines, b.from, b.continues = append(b.lines, ""), append(b.from, -1), false
	}
	b.lines, b.from = append(b.lines, s), append(b.from, -1)
	b.pos = -1
}

// span copies the bytes [start, end) of the cell, with a comma put in at offset comma unless that is negative. What
// starts in the middle of a line keeps its column.
func (b *builder) span(start, end, comma int) {
	t := b.t
	for i := t.lineAt(start); i < len(t.lines); i++ {
		l := t.lines[i]
		last := i == len(t.lines)-1 && end == len(t.cell)
		if l.start >= end && !last {
			break
		}
		if l.special {
			if b.keepSpecial {
				b.copySpecial(i)
			}
			continue
		}
		from, to := max(start, l.start), min(end, l.end)
		if from >= to && from > l.start {
			continue // nothing is left of this line
		}
		s := t.cell[from:to]
		if from < comma && comma <= to {
			s = t.cell[from:comma] + "," + t.cell[comma:to]
		}
		if from == l.start {
			s = b.guards[from] + s
			if l.looksSpecial && b.guards[from] == "" {
				s = l.guard() + s
			}
		}
		if from > l.start && b.pos == from && len(b.lines) > 0 {
			b.lines[len(b.lines)-1] += s
		} else {
			b.lines = append(b.lines, padding(t.cell[l.start:from])+s)
			b.from = append(b.from, i)
			b.continues = false
		}
		b.pos = to
	}
}

// specials copies all special lines.
func (b *builder) specials() {
	for i, l := range b.t.lines {
		if l.special {
			b.copySpecial(i)
		}
	}
}

func (b *builder) copySpecial(i int) {
	l := b.t.lines[i]
	s := b.t.cell[l.start:l.end]
	if l.blanked {
		s = ""
	}
	b.lines, b.from = append(b.lines, s), append(b.from, i)
	b.continues = l.continues && !l.blanked
	b.pos = l.end
}

// padding returns white space as wide as s; tabs stay, so that it looks as wide too.
func padding(s string) string {
	p := []byte(s)
	for i := range p {
		if p[i] != '\t' {
			p[i] = ' '
		}
	}
	return string(p)
}

// guard returns what stands before a line of Go that GoNB would take for a command, and keeps its meaning.
func (l line) guard() string {
	if l.inString {
		return "`+`"
	}
	return " "
}

// guards finds the lines that GoNB would take for a package clause and drop, though they are none: a statement on a
// name that starts with "package", and such a line of a raw string. The text put before the line keeps its meaning.
func guards(src string, pieces []piece) map[int]string {
	var m map[int]string
	put := func(offset int, s string) {
		if m == nil {
			m = map[int]string{}
		}
		m[offset] = s
	}
	for _, p := range pieces {
		for _, t := range p.toks {
			s := src[t.start:t.end]
			if strings.HasPrefix(s, "package") && s != "package" && (t.start == 0 || src[t.start-1] == '\n') {
				put(t.start, " ")
			}
			if s[0] != '`' {
				continue
			}
			for i := 0; ; {
				k := strings.Index(s[i:], "\npackage")
				if k < 0 {
					break
				}
				i += k + 1
				put(t.start+i, "`+`")
			}
		}
	}
	return m
}
