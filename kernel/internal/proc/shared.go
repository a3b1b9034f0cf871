package proc

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// SharedCommand is the kernel's subcommand that starts a shared process; it must call [RunShared].
const SharedCommand = "shared"

// sharedEnv marks a shared process and what it starts: its value is the process's directory.
const sharedEnv = "CNET_KERNEL_SHARED"

// sharedPrefix is the prefix of the directory of a shared process, which is in that of the sessions.
const sharedPrefix = "shared-"

const (
	basePoll  = 5 * time.Millisecond // how often a lock that another kernel holds is tried again
	baseLimit = 5 * time.Second      // for that lock, which is held while a process is started or killed
)

// SharedOptions describe a process that all sessions of a user share. Sessions with equal options use the same one, as
// long as its program file is the same: after an update of an installation new sessions have a new one.
type SharedOptions struct {
	Base   string                    // the directory of the user's sessions
	Kernel string                    // the path of the kernel's program
	Argv   func(dir string) []string // its command line; dir is the directory of the process
	Env    []string                  // its environment, but for TMPDIR, which is below dir
	Below  []string                  // further variables that name a directory of its own below dir
}

// Shared is a session's use of a process that all sessions of a user share.
//
// Nobody is its parent, and every user holds a lock on its directory, which goes with the user's process. Who leaves it
// as the last ends it: the session itself, the guard of a session that was killed, or, where both were, the next
// session's [Sweep].
type Shared struct {
	Dir     string // 0700; what the process makes in it is removed with it
	base    string
	use     *os.File // the directory, locked
	process identity
}

// JoinShared starts the process, unless it runs, and uses it until [Shared.Leave].
func JoinShared(o SharedOptions) (*Shared, error) {
	name, err := sharedName(o)
	if err != nil {
		return nil, err
	}
	if err := checkPrivate(o.Base); err != nil {
		return nil, err
	}
	unlock, err := lockBase(o.Base)
	if err != nil {
		return nil, err
	}
	defer unlock()
	s := &Shared{Dir: filepath.Join(o.Base, name), base: o.Base}
	if err := os.Mkdir(s.Dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("cannot make the directory of a shared process: %w", err)
	}
	if err := checkPrivate(s.Dir); err != nil {
		return nil, err
	}
	if s.use, err = os.Open(s.Dir); err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(s.use.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		s.use.Close()
		return nil, fmt.Errorf("cannot lock %s: %w", s.Dir, err)
	}
	if running := readRecord(s.Dir).processes(); len(running) > 0 {
		s.process = running[0]
		return s, nil
	}
	if err := s.start(o); err != nil {
		s.use.Close()
		return nil, errors.Join(err, endShared(s.Dir))
	}
	return s, nil
}

// start starts the process through another one, which ends at once: so it belongs to no session's tree, and who kills
// all processes below a kernel does not reach it. What an earlier one has left is removed.
func (s *Shared) start(o SharedOptions) error {
	if err := killShared(s.Dir, nil); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(s.Dir, entry.Name())); err != nil {
			return err
		}
	}
	launcher := exec.Command(o.Kernel, append([]string{SharedCommand, s.Dir}, o.Argv(s.Dir)...)...)
	launcher.Env = append(slices.Clone(o.Env), sharedEnv+"="+s.Dir)
	for _, name := range append([]string{"TMPDIR"}, o.Below...) {
		below := filepath.Join(s.Dir, strings.TrimSuffix(strings.ToLower(name), "dir"))
		if err := os.Mkdir(below, 0o700); err != nil {
			return err
		}
		launcher.Env = append(launcher.Env, name+"="+below)
	}
	launcher.Dir = "/"
	if output, err := launcher.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot start a shared process: %w: %s", err, strings.TrimSpace(string(output)))
	}
	running := readRecord(s.Dir).processes()
	if len(running) == 0 {
		return fmt.Errorf("a shared process, %s, ended at once: %s", o.Argv(s.Dir)[0], s.LastWords())
	}
	s.process = running[0]
	return nil
}

// Running reports whether the process runs that was there when the session joined.
func (s *Shared) Running() bool { return s.process.alive() }

// CPU returns the processor time that the process and those below it have used.
func (s *Shared) CPU() (used time.Duration) {
	for _, p := range tableBelow(s.process.PID) {
		used += p.CPU
	}
	return used
}

// LastWords returns the end of what the process has written.
func (s *Shared) LastWords() string {
	const most = 500
	text, err := os.ReadFile(filepath.Join(s.Dir, sharedLog))
	if err != nil {
		return "nothing is known of it"
	}
	return strings.TrimSpace(string(text[max(0, len(text)-most):]))
}

// Kill kills the process, for example because it does not answer. The next session that joins starts it again.
func (s *Shared) Kill() error {
	unlock, err := lockBase(s.base)
	if err != nil {
		return err
	}
	defer unlock()
	if !s.Running() {
		return nil // somebody else has noticed it as well, and another one may run
	}
	return killShared(s.Dir, []identity{s.process})
}

// Leave ends the session's use, and the process if nobody else uses it.
func (s *Shared) Leave() error {
	s.use.Close()
	unlock, err := lockBase(s.base)
	if err != nil {
		return err
	}
	defer unlock()
	return endShared(s.Dir)
}

// EndUnused ends the shared processes that no session uses any more.
func EndUnused(base string) error {
	dirs := sharedDirs(base)
	if len(dirs) == 0 {
		return nil
	}
	unlock, err := lockBase(base)
	if err != nil {
		return err
	}
	defer unlock()
	var failed []error
	for _, dir := range dirs {
		failed = append(failed, endShared(dir))
	}
	return errors.Join(failed...)
}

// SharedInfo describes a shared process, as seen from another process.
type SharedInfo struct {
	Program   string // the name of its file, at most 15 bytes
	PID       int
	Processes int   // it and those below it
	Memory    int64 // of these, as in [SessionInfo]
}

// ListShared returns the shared processes that run. It changes nothing.
func ListShared(base string) []SharedInfo {
	var all []SharedInfo
	for _, dir := range sharedDirs(base) {
		for _, id := range readRecord(dir).processes() {
			parts, bytes := treeMemory(id)
			if len(parts) == 0 {
				continue
			}
			all = append(all, SharedInfo{
				Program: parts[0].Comm, PID: id.PID, Processes: len(parts), Memory: bytes,
			})
		}
	}
	return all
}

// endShared ends a process that nobody uses, and removes its directory. The caller has locked the base directory.
func endShared(dir string) error {
	use, err := os.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer use.Close()
	if err := syscall.Flock(int(use.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil // it is used, or there are no locks: then it ends by itself
	}
	return errors.Join(killShared(dir, readRecord(dir).processes()), os.RemoveAll(dir))
}

// killShared kills a shared process and everything that it has started.
func killShared(dir string, recorded []identity) error {
	return killAll(func(p Process) bool {
		return slices.Contains(recorded, p.identity()) || carries(p.PID, sharedEnv+"="+dir)
	}, nil)
}

// sharedName returns the name of the directory, which is another one for other options and another program.
func sharedName(o SharedOptions) (string, error) {
	argv := o.Argv("")
	program, err := os.Stat(argv[0])
	if err != nil {
		return "", fmt.Errorf("cannot start a shared process: %w", err)
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %d %d", argv, program.Size(), program.ModTime().UnixNano())
	if stat, ok := program.Sys().(*syscall.Stat_t); ok {
		fmt.Fprintf(hash, " %d %d", stat.Dev, stat.Ino)
	}
	fmt.Fprintf(hash, " %q %q", slices.Sorted(slices.Values(o.Env)), o.Below)
	return fmt.Sprintf("%s%x", sharedPrefix, hash.Sum(nil)[:4]), nil
}

// sharedDirs returns the directories of shared processes in base.
func sharedDirs(base string) []string {
	entries, err := os.ReadDir(base)
	if err != nil {
		return nil // nothing was started there
	}
	var dirs []string
	for _, entry := range entries {
		if id, ok := strings.CutPrefix(entry.Name(), sharedPrefix); ok && entry.IsDir() && isSessionName(id) {
			dirs = append(dirs, filepath.Join(base, entry.Name()))
		}
	}
	return dirs
}

// lockBase locks the directory of the sessions, so that one kernel at a time starts or ends a shared process.
func lockBase(base string) (unlock func(), err error) {
	file, err := os.Open(base)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(baseLimit); ; time.Sleep(basePoll) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { file.Close() }, nil
		case err != syscall.EWOULDBLOCK && err != syscall.EINTR:
			file.Close()
			return nil, fmt.Errorf("cannot lock %s: %w", base, err)
		case time.Now().After(deadline):
			file.Close()
			return nil, fmt.Errorf("%s is locked by another kernel since more than %v", base, baseLimit)
		}
	}
}
