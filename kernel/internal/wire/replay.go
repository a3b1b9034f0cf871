package wire

import (
	"crypto/sha256"
	"sync"
)

// replayWindow is how many messages back a repeated message is recognised: 2 MiB of digests.
const replayWindow = 1 << 16

// Replay recognises a message that has come before. Whoever can listen to the sockets could otherwise send a signed
// message once more and run a cell twice. The memory ends with the process: a kernel that is started again with the
// same key takes old messages for new ones. The zero value is ready; it is safe for concurrent use.
type Replay struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]struct{}
	ring [][sha256.Size]byte
	next int
}

// Fresh reports whether a message is new, and remembers it. It goes by the whole header, with its date:
// jupyter_client's manager and its client number their messages apart, so that two of them have the same id.
func (r *Replay) Fresh(m *Message) bool {
	digest := sha256.Sum256(m.RawHeader)
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.seen[digest]; ok {
		return false
	}
	if r.seen == nil {
		r.seen = make(map[[sha256.Size]byte]struct{})
	}
	if len(r.ring) < replayWindow {
		r.ring = append(r.ring, digest)
	} else {
		delete(r.seen, r.ring[r.next])
		r.ring[r.next] = digest
		r.next = (r.next + 1) % replayWindow
	}
	r.seen[digest] = struct{}{}
	return true
}
