package install

import (
	"strings"
	"testing"
)

// GoNB in the pinned version is the one whose comms are changed.
func TestPageComm(t *testing.T) {
	for _, c := range []struct {
		file, has string
		change    change
	}{
		{commsFile, `if commId != s.CommId && commId != "cnet-page" {`, anyPageComm},
		{pipesFile, "s.mu.Lock()\n\ts.AddressSubscriptions.Insert(address)\n\ts.mu.Unlock()", lockedSubscriptions},
	} {
		changedFile(t, c.file, c.has, c.change)
		// Text that is not known is refused.
		if _, err := c.change(nil); err == nil || !strings.Contains(err.Error(), c.file) {
			t.Error(err)
		}
	}
}

// comms and pipes are as much of GoNB as anyPageComm and lockedSubscriptions look at.
const (
	comms = "package comms\n\nfunc handle() {\n\tif commId != s.CommId {\n\t}\n}\n"
	pipes = "package comms\n\nfunc subscribe() {\n\ts.AddressSubscriptions.Insert(address)\n}\n\n" +
		"func unsubscribe() {\n\ts.AddressSubscriptions.Delete(address)\n}\n"
)
