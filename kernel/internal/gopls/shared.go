package gopls

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// lonely is how long a gopls that listens goes on without a client. Whoever started it ends it before, unless it was
// killed.
const lonely = time.Minute

// A gopls that serves several clients keeps a package that all of them import once for each. That takes 25 MB a client
// with sharedGC, and 30 to 35 MB with the default of 100; an answer takes as long. Above sharedMemory, a soft limit, it
// collects garbage more often.
const (
	sharedGC     = "30"
	sharedMemory = "1GiB"
)

// Socket returns the path of the socket of a gopls that has a directory.
func Socket(dir string) string { return filepath.Join(dir, "socket") }

// ListenArgs returns the command line of a gopls that listens on [Socket] of its directory.
func ListenArgs(command, dir string) []string {
	return []string{command, "serve", "-listen=unix;" + Socket(dir), "-listen.timeout=" + lonely.String()}
}

// SharedEnv returns the environment of a gopls that serves several clients. It has those variables of base that say
// where Go and its caches are and how to build, and none that differ from client to client.
func SharedEnv(base []string, checkout string) []string {
	var env []string
	for _, v := range environment(base, checkout) {
		name, _, _ := strings.Cut(v, "=")
		if name != "GOMEMLIMIT" && name != "GOGC" && isBuildVariable(name) {
			env = append(env, v)
		}
	}
	return append(env, "GOGC="+sharedGC, "GOMEMLIMIT="+sharedMemory)
}

func isBuildVariable(name string) bool {
	return slices.Contains([]string{
		"HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "PATH", "LD_LIBRARY_PATH", "CC", "CXX", "AR", "FC", "PKG_CONFIG",
		"PKG_CONFIG_PATH", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "SYSTEMROOT",
	}, name) || strings.HasPrefix(name, "CGO_") || name == "GOPLSCACHE" ||
		strings.HasPrefix(name, "GO") && !strings.HasPrefix(name, "GONB") && !strings.HasPrefix(name, "GOMLX")
}

// dialPoll is how often a socket is tried of which the process is still starting.
const dialPoll = 5 * time.Millisecond

// ErrEnded is the error of a connection to a gopls that has ended before it listened.
var ErrEnded = errors.New("gopls: it has ended")

// Dial connects to a socket as soon as gopls listens there, while running says that it may still. When it may not any
// more, the error wraps ErrEnded.
func Dial(ctx context.Context, socket string, running func() bool) (net.Conn, error) {
	for {
		var dialer net.Dialer
		connection, err := dialer.DialContext(ctx, "unix", socket)
		if err == nil {
			return connection, nil
		}
		if !running() {
			return nil, fmt.Errorf("%w: %w", ErrEnded, err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("gopls: it does not listen: %w", err)
		case <-time.After(dialPoll):
		}
	}
}

// Probe asks the gopls behind a socket something that it answers at once, whatever its other clients have asked. An
// error means that it hangs, or has ended.
func Probe(ctx context.Context, socket string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("gopls: %w", err)
	}
	c := newConn(connection, connection, func(string, json.RawMessage) (any, *rpcError) {
		return nil, &rpcError{Code: methodNotFound, Message: "not supported"}
	})
	defer c.wait()
	defer c.end(errClosed)
	r, err := c.request("gopls/sessions", struct{}{})
	if err != nil {
		return err
	}
	return r.wait(ctx, new(json.RawMessage))
}
