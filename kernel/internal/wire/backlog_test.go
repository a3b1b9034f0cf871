package wire

import (
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// Whoever publishes waits for a reader that is behind, and goes on when little is left.
func TestAwaitReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Sockets
		conn, peer := pipe(&s.crowd)
		defer conn.Close()
		conn.greeting = 0
		conn.Write(make([]byte, highWater))
		s.AwaitReaders(nil) // not too much yet
		conn.Write(make([]byte, writePiece))
		waited := make(chan struct{})
		go func() {
			defer close(waited)
			s.AwaitReaders(nil)
		}()
		synctest.Wait()
		select {
		case <-waited:
			t.Fatal("it did not wait")
		default:
		}
		if _, err := io.CopyN(io.Discard, peer, highWater-lowWater+2*writePiece); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		select {
		case <-waited:
		default:
			t.Errorf("it waits while %d bytes are left", s.crowd.queued.bytes.Load())
		}
	})
}

// A reader that only takes a little, again and again, does not hold up the others for long.
func TestAwaitSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Sockets
		slow, peer := pipe(&s.crowd)
		slow.greeting = 0
		slow.Write(make([]byte, highWater+4*writePiece)) // still too much when the first piece has been read
		read := make(chan struct{})
		go func() {
			defer close(read)
			piece := make([]byte, writePiece)
			for {
				if _, err := io.ReadFull(peer, piece); err != nil {
					return
				}
				time.Sleep(writeTime / 2) // synthetic time
			}
		}()
		start := time.Now()
		s.AwaitReaders(nil)
		longest := trustedTime + 2*highWater*time.Second/slowest
		if took := time.Since(start); took > longest || !slow.gone || s.crowd.queued.bytes.Load() != 0 {
			t.Errorf("after %v: cut off %v, waiting %d", took, slow.gone, s.crowd.queued.bytes.Load())
		}
		<-read
	})
}

// The end of the session does not wait for readers.
func TestAwaitReadersStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Sockets
		conn, _ := pipe(&s.crowd)
		defer conn.Close()
		conn.greeting = 0
		conn.Write(make([]byte, highWater+1))
		stop := make(chan struct{})
		close(stop)
		start := time.Now()
		s.AwaitReaders(stop)
		if time.Since(start) != 0 || conn.gone {
			t.Errorf("after %v, cut off %v", time.Since(start), conn.gone)
		}
	})
}
