package install

import (
	"bytes"
	"fmt"

	"continuousnet/kernel/internal/project"
)

// GoNB publishes what a cell shows on a ZeroMQ socket whose queue has no bound: a cell that prints faster than the
// messages are taken fills the memory of the machine, 200 MB a second. GoNB is therefore built with a copy of the
// ZeroMQ library in which publishing waits until the message is in the socket. Then everything waits for the reader in
// turn: the socket, GoNB, the pipe between GoNB and the cell, and at last the cell.

// zeromq is the module of the ZeroMQ library, publisherFile the file of it that is changed.
const (
	zeromq        = "github.com/go-zeromq/zmq4"
	publisherFile = "pub.go"
)

// boundPublisher makes publishing synchronous in the source text of the library's publisher.
func boundPublisher(text []byte) ([]byte, error) {
	const enqueue = "func (w *pubMWriter) write(ctx context.Context, msg Msg) error {\n"
	const send = enqueue + "\tw.sendMsg(msg)\n\treturn nil\n}\n\nfunc (w *pubMWriter) enqueue(msg Msg) error {\n"
	const sends = "func (w *pubMWriter) sendMsg(msg Msg) {\n"
	if bytes.Count(text, []byte(enqueue)) != 1 || !bytes.Contains(text, []byte(sends)) {
		return nil, fmt.Errorf("%s of %s is not the one that this kernel knows: where it queues messages, GoNB's "+
			"memory would have no bound; adapt boundPublisher to the version in %s",
			publisherFile, zeromq, project.ToolsModule)
	}
	return bytes.Replace(text, []byte(enqueue), []byte(send), 1), nil
}
