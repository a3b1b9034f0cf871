package wire

import (
	"crypto/sha256"
	"sync"
)

// replayWindow is the number of recent messages among which a repeated one is recognised; their digests take 2 MiB.
const replayWindow = 1 << 16

// Replay recognises messages that have been received before. Otherwise somebody who can listen to the sockets could
// send a signed message again and run a cell twice. The memory ends with the process: a kernel that is restarted with
// the same key accepts old messages as new. The zero value is ready to use. A Replay is safe for concurrent use.
type Replay struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]struct{}
	ring [][sha256.Size]byte
	next int
}

// Fresh reports whether a message is new, and records it. It compares whole headers, with their dates, as
// jupyter_client's manager and its client number their messages separately and so use the same ids.
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
