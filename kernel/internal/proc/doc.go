// Package proc starts, interrupts, measures and ends the processes of a kernel session, and removes what they leave
// behind.
//
//	session, err := proc.NewSession()                       // a private directory, locked for the session's life
//	guard, err := proc.StartGuard(program, session.Dir, os.Stderr)
//	pid, err := guard.Start(argv, env, dir)                 // GoNB; again after an [Exit], to restart it
//	...
//	err = session.Touch()                                   // once a day
//	err = guard.Stop(ctx)                                   // every process is gone
//	err = session.Close()                                   // and every file
//
// Three mechanisms keep a session from leaving processes behind, whichever process is killed first:
//
//   - The guard ([Guard]) is a process between the supervisor, which is the kernel itself, and GoNB, in a process
//     session of its own. Every descendant that loses its parent becomes its child, so it finds even daemons. It cleans
//     up when the supervisor ends.
//   - With the parent-death signal, GoNB dies with the guard, and a child started by [Start] dies with the supervisor.
//   - The environment variable [SessionEnv] marks every process that GoNB has started. With the record in the session's
//     directory, a supervisor that has lost its guard, and the [Sweep] of the next kernel, find the processes that are
//     left.
//
// A process that all sessions of a user share ([Shared]) is nobody's child. It ends with the last session that uses it.
//
// A process is identified by its id and its start time, so that a reused id is never signalled.
//
// All of it works on Linux. macOS has no subreaper, no parent-death signal and no /proc: there the guard kills the
// descendants that it can still reach and GoNB's process group, a [Sweep] knows only the recorded processes, [Usage]
// has no sizes, and [WaitsForInput] reports nothing.
package proc
