package server

import "continuousnet/kernel/internal/output"

// What a cell has printed without ending the line is the prompt if it reads input next, as in
// fmt.Print("name: "); fmt.Scanln(&name). Whether it does is seen a moment later, for which the line is held back.

// show queues texts of a cell that is not silent. The caller holds lineMu.
func (c *run) show(texts []output.Text) {
	for _, text := range texts {
		if !c.content.Silent && text.Text != "" {
			c.something()
			c.stream.Text(text.Name, text.Text)
		}
	}
}

// releaseLine shows an unfinished line, because something else follows it.
func (c *run) releaseLine() {
	c.lineMu.Lock()
	defer c.lineMu.Unlock()
	c.show(c.line.Release())
	c.something()
}

// agedLine shows what was unfinished at its last call already.
func (c *run) agedLine() {
	c.lineMu.Lock()
	defer c.lineMu.Unlock()
	c.show(c.line.Tick())
}

// takePrompt returns the unfinished line, which is not shown then.
func (c *run) takePrompt() string {
	c.lineMu.Lock()
	defer c.lineMu.Unlock()
	return c.line.Prompt()
}

// endText shows what is held back of the text of a cell that has ended.
func (c *run) endText() {
	c.releaseLine()
	c.stream.EndText()
}
