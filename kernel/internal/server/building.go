package server

import (
	"time"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/proc"
)

// A cell that is the first to import packages may be compiled for a minute, in which the notebook would show nothing.

// longBuild is the time after which a cell that is still being compiled says so. One that imports nothing new is
// compiled in a fraction of it.
const longBuild = 3 * time.Second

// buildNotice is what it says, until something else is shown.
const buildNotice = "compiling the packages that this cell imports for the first time…"

// noteBuild shows or takes away the notice of a cell that was sent to GoNB some time ago.
func (s *server) noteBuild(cell *run, engine *gonb.Engine, since time.Duration) {
	cell.lineMu.Lock()
	noticed := cell.noticed
	cell.lineMu.Unlock()
	if cell.content.Silent || !noticed && since < longBuild {
		return
	}
	cell.building(proc.Doing(engine.PID) == proc.Compiling)
}

// building records whether the cell is being compiled for long. The notice is a display that is cleared; where the cell
// has shown something that would be cleared with it, the notice is a line on stderr.
func (c *run) building(compiles bool) {
	c.lineMu.Lock()
	defer c.lineMu.Unlock()
	switch {
	case !compiles:
		c.clearNotice()
	case c.noticed:
	case c.shows:
		c.noticed = true
		c.stream.Text("stderr", buildNotice+"\n")
	default:
		c.noticed, c.clears = true, true
		c.stream.Message("display_data", raw(map[string]any{
			"data": map[string]string{"text/plain": buildNotice}, "metadata": map[string]any{},
		}), nil, nil)
	}
}

// clearNotice takes the notice away. The caller holds lineMu.
func (c *run) clearNotice() {
	if c.clears {
		c.clears = false
		c.stream.Message("clear_output", raw(map[string]bool{"wait": false}), nil, nil)
	}
}

// something records that the cell shows something else than the notice.
func (c *run) something() {
	c.clearNotice()
	c.shows = true
}
