package proc

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"continuousnet/kernel/internal/atomicfile"
)

// The files of a session's directory that this package makes.
const (
	lockName   = "lock"            // locked while the supervisor runs
	recordName = "supervisor.json" // a record
)

// unfinishedPrefix is the prefix of a directory that is not locked yet.
const unfinishedPrefix = ".new-"

// longestDir is the largest length of the path of a session's directory, in bytes: the path of a Unix socket may have
// 100, and GoNB's gopls listens at DIR/gonb_01234567/gopls_socket.
const longestDir = 72

// idBytes is the number of random bytes in a session's name.
const idBytes = 4

// Session is the private directory of a running kernel. Nobody else can read it, and the next kernel's [Sweep] removes
// it if this one cannot.
type Session struct {
	ID   string // 8 hexadecimal digits
	Dir  string // an absolute path, short enough for Unix sockets below it
	lock *os.File
	tree *os.File // the directory, locked: systemd-tmpfiles skips a locked directory with everything below it

	mu     sync.Mutex
	record record
}

// record names the processes of a session, for a later kernel that cleans up after it.
type record struct {
	Machine    string    `json:"machine"` // the machine and boot on which the identities are valid
	Supervisor identity  `json:"supervisor"`
	Guard      *identity `json:"guard,omitempty"`
	GoNB       *identity `json:"gonb,omitempty"`
	Created    time.Time `json:"created"`
}

// BaseDir returns the directory of this user's sessions, cnet-kernel-UID in $TMPDIR. It is in /tmp when $TMPDIR is too
// long for Unix sockets, or cannot be written to.
func BaseDir() string {
	name := fmt.Sprintf("cnet-kernel-%d", os.Geteuid())
	tmp := os.TempDir()
	base := filepath.Join(tmp, name)
	if filepath.IsAbs(base) && len(base)+1+2*idBytes <= longestDir && unix.Access(tmp+"/", unix.W_OK|unix.X_OK) == nil {
		return base
	}
	return filepath.Join("/tmp", name)
}

// NewSession makes the directory of a session in [BaseDir] and locks it.
func NewSession() (*Session, error) { return newSession(BaseDir()) }

func newSession(base string) (*Session, error) {
	if err := os.Mkdir(base, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("cannot make the directory of the kernel's sessions: %w; "+
			"set TMPDIR to a directory that you may write to", err)
	}
	if err := checkPrivate(base); err != nil {
		return nil, err
	}
	self, ok := identityOf(os.Getpid())
	if !ok {
		return nil, errors.New("cannot find this process in the process table; is /proc there?")
	}
	random := make([]byte, idBytes)
	rand.Read(random)
	id := hex.EncodeToString(random)
	s := &Session{
		ID:     id,
		Dir:    filepath.Join(base, id),
		record: record{Machine: machine(), Supervisor: self, Created: time.Now()},
	}
	if err := s.create(filepath.Join(base, unfinishedPrefix+id)); err != nil {
		return nil, fmt.Errorf("cannot make a directory for the session: %w", err)
	}
	return s, nil
}

// create makes the directory under another name, so that [Sweep] never sees it without a lock.
func (s *Session) create(unfinished string) (err error) {
	if err := os.Mkdir(unfinished, 0o700); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(unfinished) // err is what matters, and Sweep tries again
			s.unlock()
		}
	}()
	lock, locked, err := tryLock(unfinished, os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	s.lock = lock
	if !locked {
		return errors.New("somebody else has locked it")
	}
	if s.tree, err = os.Open(unfinished); err != nil {
		return err
	}
	// Where directories cannot be locked, there is still Touch.
	_ = syscall.Flock(int(s.tree.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if err := writeRecord(unfinished, s.record); err != nil {
		return err
	}
	return os.Rename(unfinished, s.Dir)
}

// SetGuard records the guard's process for a later [Sweep].
func (s *Session) SetGuard(pid int) error {
	return s.update(func(r *record) { r.Guard = recordedIdentity(pid) })
}

// SetGoNB records GoNB's process for a later [Sweep].
func (s *Session) SetGoNB(pid int) error {
	return s.update(func(r *record) { r.GoNB = recordedIdentity(pid) })
}

func recordedIdentity(pid int) *identity {
	if id, ok := identityOf(pid); ok {
		return &id
	}
	return nil
}

func (s *Session) update(change func(*record)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.record)
	if err := writeRecord(s.Dir, s.record); err != nil {
		return fmt.Errorf("cannot record the session's processes: %w", err)
	}
	return nil
}

// Touch keeps the directory fresh for those who clean /tmp of what nobody has used for days; call it once a day. The
// session's own entries get the present time, and what is below them is read now. What cannot be touched down there, or
// vanishes meanwhile, is none of its business.
func (s *Session) Touch() error {
	var failed []error
	_ = filepath.WalkDir(s.Dir, func(path string, _ fs.DirEntry, err error) error {
		own := path == s.Dir || filepath.Dir(path) == s.Dir
		now := time.Now()
		written := now
		if info, statErr := os.Lstat(path); statErr != nil {
			err = errors.Join(err, statErr)
		} else if !own {
			written = info.ModTime() // it means something to whom the file belongs
		}
		if err == nil {
			err = setTimes(path, now, written)
		}
		if err != nil && own && (path == s.Dir || !errors.Is(err, os.ErrNotExist)) {
			failed = append(failed, err)
		}
		return nil
	})
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("cannot keep the session's directory fresh: %w", err)
	}
	return nil
}

// setTimes sets the times of a file, and of a symbolic link itself rather than its target.
func setTimes(path string, read, written time.Time) error {
	times := []unix.Timespec{unix.NsecToTimespec(read.UnixNano()), unix.NsecToTimespec(written.UnixNano())}
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, path, times, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return &os.PathError{Op: "set the times of", Path: path, Err: err}
	}
	return nil
}

// unlock releases the locks.
func (s *Session) unlock() {
	for _, file := range []*os.File{s.tree, s.lock} {
		if file != nil {
			file.Close()
		}
	}
}

// Close removes the session's directory and unlocks it. The processes must have been stopped before.
func (s *Session) Close() error {
	err := os.RemoveAll(s.Dir)
	s.unlock()
	if err != nil {
		return fmt.Errorf("cannot remove the session's directory: %w", err)
	}
	return nil
}

// checkPrivate returns an error if another user could have made the directory or can read it.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("cannot look at the directory of the kernel's sessions: %w", err)
	}
	remedy := "remove it, or set TMPDIR to a directory of your own"
	switch stat, ok := info.Sys().(*syscall.Stat_t); {
	case info.Mode()&os.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link, expected a directory of your own; %s", dir, remedy)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory; %s", dir, remedy)
	case !ok || int(stat.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to another user; %s", dir, remedy)
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%s has permissions %#o, expected 0700; %s", dir, info.Mode().Perm(), remedy)
	}
	return nil
}

// tryLock locks a session's directory for as long as the file stays open. It returns false if another process holds the
// lock.
func tryLock(dir string, flags int) (file *os.File, locked bool, err error) {
	file, err = os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|syscall.O_NOFOLLOW|flags, 0o600)
	if err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		file.Close()
		if err == syscall.EWOULDBLOCK {
			return nil, false, nil
		}
		return nil, false, fmt.Errorf("cannot lock %s: %w", file.Name(), err)
	}
	return file, true, nil
}

// writeRecord replaces the record in one step, so that a reader gets the old one or the new one.
func writeRecord(dir string, r record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(dir, recordName), append(data, '\n'), 0o600)
}

// readRecord returns the record of a session's directory; the zero record if it is missing or damaged.
func readRecord(dir string) record {
	var r record
	data, err := os.ReadFile(filepath.Join(dir, recordName))
	if err != nil || json.Unmarshal(data, &r) != nil {
		return record{}
	}
	return r
}

// processes returns the recorded processes that still run.
func (r record) processes() []identity {
	if r.Machine != machine() {
		return nil
	}
	var alive []identity
	for _, id := range []*identity{&r.Supervisor, r.Guard, r.GoNB} {
		if id != nil && id.alive() {
			alive = append(alive, *id)
		}
	}
	return alive
}

// isSessionName reports whether name is one that newSession gives.
func isSessionName(name string) bool {
	_, err := hex.DecodeString(name)
	return err == nil && len(name) == 2*idBytes && strings.ToLower(name) == name
}
