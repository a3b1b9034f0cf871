package install

import (
	"fmt"

	"continuousnet/kernel/internal/gonb"
	"continuousnet/kernel/internal/project"
)

// GoNB's widgets get their values over a comm that a page opens. GoNB forgets the comm if nothing comes over it for
// half a second, and drops the messages of one that it has forgotten. Where there is no page, the session sends each
// value once, and it has to arrive: GoNB is built with a copy of itself that takes the messages of the session's comm
// always. It also changes the set of the addresses to which a program listens while other goroutines read it, which
// ends GoNB now and then: in the copy it locks the set.
const (
	commsFile = "internal/comms/comms.go"
	pipesFile = "internal/comms/namedpipes.go"
)

// anyPageComm lets GoNB take the messages of the session's comm.
func anyPageComm(text []byte) ([]byte, error) {
	text, ok := edit(text, [2]string{"\tif commId != s.CommId {\n",
		fmt.Sprintf("\tif commId != s.CommId && commId != %q {\n", gonb.PageComm)})
	if !ok {
		return nil, unknownComms(commsFile,
			"where it takes messages of widgets, those without a page would wait for ever")
	}
	return text, nil
}

// lockedSubscriptions lets GoNB lock the set of addresses.
func lockedSubscriptions(text []byte) ([]byte, error) {
	locked := func(call string) [2]string {
		return [2]string{"\ts.AddressSubscriptions." + call + "\n",
			"\ts.mu.Lock()\n\ts.AddressSubscriptions." + call + "\n\ts.mu.Unlock()\n"}
	}
	text, ok := edit(text, locked("Insert(address)"), locked("Delete(address)"))
	if !ok {
		return nil, unknownComms(pipesFile, "where it notes to what a program listens, it could end")
	}
	return text, nil
}

func unknownComms(file, consequence string) error {
	return fmt.Errorf("%s of %s is not the one that this kernel knows: %s; adapt pagecomm.go to the version in %s",
		file, gonbModule, consequence, project.ToolsModule)
}
