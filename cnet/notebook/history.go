package notebook

import (
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/words"
)

// History shows the learning curves of a run: loss and accuracy, or R², over epochs, with a mark where the net was
// refined or the scheme or the learning rate changed.
func History(run *cnet.Run) { on(run).history(run) }

func (s *surface) history(run *cnet.Run) {
	c := figures.History(run.History(), figures.HistoryOptions{Classes: run.Classes()})
	c.Title = fmt.Sprintf("%s after %s", run.Network(), words.Plural(run.Epoch(), "epoch"))
	s.draw(c, summary(run))
}

// summary returns a line with the epoch, the test accuracy, or RMSE and R², and the test loss of a run.
func summary(run *cnet.Run) string {
	text := fmt.Sprintf("%s, %s, %s", run.Dir(), run.Network(), words.Plural(run.Epoch(), "epoch"))
	if last, ok := run.History().Last(); ok {
		if last.Tested() {
			text += fmt.Sprintf(": test %s, test loss %.3f", last.Quality(cnet.PartTest), last.TestLoss)
		} else {
			text += fmt.Sprintf(": validation %s, validation loss %.3f",
				last.Quality(cnet.PartValidation), last.ValidationLoss)
		}
	}
	return text
}
