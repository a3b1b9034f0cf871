// Package proc looks after the processes of a kernel session, and after what they leave behind.
//
//	session, err := proc.NewSession()                       // a private directory, locked for the session's life
//	guard, err := proc.StartGuard(program, session.Dir, os.Stderr)
//	pid, err := guard.Start(argv, env, dir)                 // GoNB; again after an [Exit], to restart it
//	...
//	err = session.Touch()                                   // once a day
//	err = guard.Stop(ctx)                                   // every process is gone
//	err = session.Close()                                   // and every file
//
// Three things keep a session from leaving processes behind, whoever is killed and in whatever order:
//
//   - The guard ([Guard]), a process between the supervisor and GoNB in a session of its own. Every process that loses
//     its parent becomes its child, so that it finds even a daemon. It cleans up when the supervisor has gone.
//   - The parent-death signal: GoNB dies with the guard, and a child started by [Start] with the supervisor.
//   - The environment variable [SessionEnv], which marks whatever GoNB started. With the session's directory on disk it
//     lets a supervisor that lost its guard, and the next kernel's [Sweep], find what both of them missed.
//
// A process is identified by its id and its start time, so that a reused id is never signalled.
//
// All of it works on Linux. macOS has no subreaper, no parent-death signal and no /proc: there the guard kills the
// descendants that it can still reach and GoNB's process group, a [Sweep] knows only the recorded processes, [Usage] has
// no sizes, and [WaitsForInput] reports nothing.
package proc
