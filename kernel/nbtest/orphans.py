"""Tests of the ends of sessions; and tests of interrupts.

The rule: when a session has ended, in whatever way, no process, directory or FIFO of it is left, and the gopls that the
sessions of a user share ends with the last of them. (Tests of sessions at the same time are in classroom.py.)

    .venv/bin/python kernel/nbtest/orphans.py
"""

import os
import signal
import tempfile
import unittest

import psutil

from live import TIMEOUT, Session, main, poll

RUNNING = 'fmt.Println("on")\nfor { time.Sleep(time.Second) }'
# Builds everything again, including the standard library, which takes long enough to be interrupted.
SLOW_BUILD = "%goflags -a"
LISTEN = 'c := make(chan os.Signal, 1)\nsignal.Notify(c, os.Interrupt)\nfmt.Println("on")\n<-c\nfmt.Println("heard")\n'
DAEMON = "!setsid sleep 1000 >/dev/null 2>&1 < /dev/null & echo started"


class World:
    """The temporary directory of one session, by which all that belongs to the session is found."""

    def __init__(self, add_cleanup):
        self.place = tempfile.TemporaryDirectory(prefix="nb")
        add_cleanup(self.place.cleanup)
        self.dir = self.place.name
        self.env = {"TMPDIR": self.dir, "CNET_INTERRUPT_GRACE": "1h"}
        add_cleanup(lambda: [process.kill() for process in self.processes()])

    def processes(self, name=None):
        """Returns the processes of this world, including the supervisor; with a name, only those of that name."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                    if process.environ().get("TMPDIR", "").startswith(self.dir) and name in (None, process.name()):
                        found.append(process)
            except psutil.Error:
                pass
        return found

    def files(self):
        """Returns the files in the directory, except the kernel's own base directory."""
        base = f"cnet-kernel-{os.getuid()}"
        return [
            os.path.join(place, name)
            for place, dirs, names in os.walk(self.dir) for name in dirs + names if name != base
        ]

    def left(self):
        return [str(process) for process in self.processes()] + self.files()

    def child(self, session, test):
        """Returns the first descendant of the supervisor for which test(name, command line) holds."""
        for process in psutil.Process(session.pid).children(recursive=True):
            try:
                if test(process.name(), process.cmdline()):
                    return process
            except psutil.Error:
                pass
        return None

    def gonb(self, session):
        return self.child(session, lambda name, _: name == "gonb")

    def guard(self, session):
        return self.child(session, lambda _, command: "guard" in command[1:2])


class OrphansTest(unittest.TestCase):
    def setUp(self):
        self.world = World(self.addCleanup)

    def session(self):
        session = Session(env=self.world.env)
        self.addCleanup(session.close)
        return session

    def assert_nothing_left(self):
        self.assertTrue(poll(lambda: not self.world.left()), self.world.left())

    def busy(self, session):
        """Returns a session with a warm gopls, a daemon and a running cell."""
        session.ask("complete_request", {"code": "fmt.Printl", "cursor_pos": 10})
        session.execute(DAEMON)
        cell = session.start(RUNNING)
        session.until_text(cell, "on")
        self.assertTrue(self.world.processes("gopls") and self.world.processes("sleep") and self.world.gonb(session))
        return cell

    # ends of a session

    def test_graceful_shutdown(self):
        session = self.session()
        self.busy(session)
        session.manager.shutdown_kernel()
        self.assert_nothing_left()

    def test_shutdown_idle(self):
        session = self.session()
        session.execute('fmt.Println("hi")')
        session.manager.shutdown_kernel()
        self.assert_nothing_left()

    def test_immediate_shutdown(self):
        session = self.session()
        self.busy(session)
        session.manager.shutdown_kernel(now=True)
        self.assert_nothing_left()

    def test_kill_while_running(self):
        session = self.session()
        self.busy(session)
        os.kill(session.pid, signal.SIGKILL)
        self.assert_nothing_left()

    def test_kill_while_compiling(self):
        session = self.session()
        session.execute(SLOW_BUILD)
        session.start('fmt.Println("never")')
        self.assertTrue(poll(lambda: self.world.processes("compile")), "nothing is compiled")
        os.kill(session.pid, signal.SIGKILL)
        self.assert_nothing_left()

    def test_terminate(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            session = self.session()
            self.busy(session)
            os.kill(session.pid, number)
            self.assert_nothing_left()

    def test_restart(self):
        """After a restart nothing of the old session is left."""
        for now in (False, True):
            session = self.session()
            self.busy(session)
            before = {process.pid for process in self.world.processes()}
            session.manager.restart_kernel(now=now)
            session.client.wait_for_ready(timeout=TIMEOUT)
            self.assertTrue(
                poll(lambda: not before & {process.pid for process in self.world.processes()}), self.world.left()
            )
            self.assertEqual(session.execute('fmt.Println("new")').text(), "new\n")
            session.close()
            self.assert_nothing_left()

    def test_kill_of_supervisor_and_guard(self):
        """If every process that could clean up has been killed, the next session cleans up."""
        session = self.session()
        self.busy(session)
        self.world.guard(session).suspend()
        self.world.guard(session).kill()
        os.kill(session.pid, signal.SIGKILL)
        other = self.session()
        self.assertEqual(other.execute('fmt.Println("hi")').text(), "hi\n")
        self.assertTrue(poll(lambda: not self.world.processes("sleep")), self.world.left())
        other.close()
        self.assert_nothing_left()

    # deaths inside of a session

    def test_kill_of_gonb(self):
        """The cell reports it, declarations are restored, and the session goes on."""
        session = self.session()
        session.execute("var kept = 6\nfunc twice(x int) int { return 2 * x }")
        cell = self.busy(session)
        self.world.gonb(session).kill()
        result = session.wait(cell)
        self.assertEqual((result.status, len(result.of("error"))), ("error", 1))
        self.assertRegex(result.error, r"(?i)gonb|restarted")
        self.assertEqual(session.execute("fmt.Println(twice(kept))").text(), "12\n")
        self.assertFalse(self.world.processes("sleep"), "the dead GoNB's daemon")
        session.close()
        self.assert_nothing_left()

    def test_kill_of_gonb_while_compiling(self):
        """A cell that would not compile does not keep earlier declarations from being restored."""
        session = self.session()
        session.execute("func good() int { return 7 }\n%env KEPT yes")
        session.execute("%cd /nonexistent")
        session.execute(SLOW_BUILD)
        cell = session.start('func bad() int { return "x" }\nbad()')
        self.assertTrue(poll(lambda: self.world.processes("compile")), "nothing is compiled")
        self.world.gonb(session).kill()
        self.assertEqual(session.wait(cell).status, "error")
        session.execute('%goflags ""')
        self.assertEqual(session.execute('fmt.Println(good(), os.Getenv("KEPT"))').text(), "7 yes\n")

    def test_kill_of_guard_while_gonb_starts(self):
        session = self.session()
        session.execute("var kept = 6")
        self.world.gonb(session).kill()
        cell = session.start("fmt.Println(kept)")
        self.world.guard(session).kill()
        session.wait(cell)
        result = session.execute("fmt.Println(kept)")
        self.assertEqual((result.status, result.text()), ("ok", "6\n"), result)

    def test_kill_of_gonb_while_idle(self):
        session = self.session()
        session.execute("var kept = 6")
        self.world.gonb(session).kill()
        result = session.execute("fmt.Println(kept)")
        self.assertEqual((result.status, result.text()), ("ok", "6\n"), result)

    def test_kill_of_guard(self):
        session = self.session()
        session.execute("var kept = 6")
        cell = self.busy(session)
        self.world.guard(session).kill()
        self.assertEqual(session.wait(cell).status, "error")
        result = session.execute("fmt.Println(kept)")
        self.assertEqual((result.status, result.text()), ("ok", "6\n"), result)
        session.close()
        self.assert_nothing_left()

    def test_kill_of_gopls(self):
        session = self.session()
        asked = {"code": "fmt.Printl", "cursor_pos": 10}
        for _ in range(2):
            self.assertEqual(session.ask("complete_request", asked)["matches"], ["Println"])
            for process in self.world.processes("gopls"):
                process.kill()
        self.assertTrue(poll(lambda: session.ask("complete_request", asked)["matches"] == ["Println"]))

    def test_killed_cell(self):
        session = self.session()
        cell = self.busy(session)
        self.world.child(session, lambda name, _: name.startswith("gonb_")).kill()
        result = session.wait(cell)
        self.assertEqual(result.status, "error")
        self.assertRegex(result.error, r"(?i)killed")
        self.assertEqual(session.execute('fmt.Println("on")').text(), "on\n")


class InterruptTest(unittest.TestCase):
    """Tests of the stop button."""

    @classmethod
    def setUpClass(cls):
        cls.world = World(cls.addClassCleanup)
        cls.session = Session(env=cls.world.env)
        cls.addClassCleanup(cls.session.close)

    def interrupt(self):
        self.assertEqual(self.session.ask("interrupt_request", {}, "control")["status"], "ok")

    def goes_on(self):
        result = self.session.execute('fmt.Println("next")')
        self.assertEqual((result.status, result.text()), ("ok", "next\n"), result)

    def listen(self, then):
        """Returns a cell that handles the interrupt and then runs some code."""
        return self.session.start(LISTEN + then)

    def test_saves_within_the_grace(self):
        cell = self.listen('time.Sleep(time.Second)\nfmt.Println("saved")')
        self.session.until_text(cell, "on")
        self.interrupt()
        result = self.session.wait(cell)
        self.assertEqual((result.status, result.text()), ("ok", "on\nheard\nsaved\n"), result)
        self.goes_on()

    def test_stops_the_queue(self):
        """Cells that wait behind an interrupted cell are not run, although that cell ends well."""
        cell, behind = self.listen('fmt.Println("saved")'), self.session.start('fmt.Println("behind")')
        self.session.until_text(cell, "on")
        self.interrupt()
        self.assertEqual([self.session.wait(c).status for c in (cell, behind)], ["ok", "aborted"])
        self.goes_on()

    def test_killed_after_the_grace(self):
        with Session(env={**self.world.env, "CNET_INTERRUPT_GRACE": "2s"}) as session:
            cell = session.start(LISTEN + "for { time.Sleep(time.Second) }")
            session.until_text(cell, "on")
            self.assertEqual(session.ask("interrupt_request", {}, "control")["status"], "ok")
            result = session.wait(cell)
            self.assertEqual((result.status, result.text()), ("error", "on\nheard\n"), result)
            self.assertEqual(session.execute('fmt.Println("next")').text(), "next\n")

    def test_second_interrupt_kills_at_once(self):
        cell = self.listen("time.Sleep(time.Hour)")
        self.session.until_text(cell, "on")
        self.interrupt()
        self.session.until_text(cell, "heard")
        self.interrupt()
        self.assertEqual(self.session.wait(cell).status, "error")  # before the grace is over
        self.goes_on()

    def test_plain_cell(self):
        cell = self.session.start(RUNNING)
        self.session.until_text(cell, "on")
        self.interrupt()
        result = self.session.wait(cell)
        self.assertEqual(result.status, "error")
        self.assertRegex(result.error, r"(?i)interrupt")
        self.assertNotIn("goroutine", result.error)
        self.goes_on()

    def test_first_import(self):
        """While a package that a cell is the first to import is compiled, the cell can be interrupted, and it alone."""
        with tempfile.TemporaryDirectory() as own:
            os.mkdir(os.path.join(own, "slow"))
            with open(os.path.join(own, "go.mod"), "w") as module:
                module.write("module own\n\ngo 1.26\n")
            with open(os.path.join(own, "slow", "slow.go"), "w") as package:
                package.write("package slow\n")
                for i in range(100_000):
                    package.write(f"func F{i}(a, b int) int {{ for a < b {{ a += b * {i} }}; return a }}\n")
            with Session(env=self.world.env, cwd=own) as session:
                session.execute("kept := 5")
                for _ in range(2):  # the second time it is compiled again, as it was not the first time
                    cell = session.start('import "own/slow"\nfmt.Println(slow.F1(1, 2))')
                    self.assertTrue(poll(lambda: self.world.processes("compile")), "nothing is compiled")
                    self.assertEqual(session.ask("interrupt_request", {}, "control")["status"], "ok")
                    result = session.wait(cell)
                    self.assertEqual((result.status, result.text()), ("error", ""), result)
                    self.assertRegex(result.error, r"(?i)interrupted while .*compil")
                    self.assertEqual(session.execute("fmt.Println(kept)").text(), "5\n")
                    self.assertTrue(poll(lambda: not self.world.processes("compile")), "it is still compiled")

    def test_shell_command(self):
        cell = self.session.start("!echo on; sleep 1000")
        self.session.until_text(cell, "on")
        self.interrupt()
        self.assertEqual(self.session.wait(cell).status, "error")
        self.assertFalse(self.world.processes("sleep"))
        self.goes_on()

    def test_what_follows_a_command(self):
        cell = self.session.start("!echo on; sleep 1000\n!echo next; sleep 1000\ntime.Sleep(time.Hour)")
        self.session.until_text(cell, "on")
        self.interrupt()
        self.assertEqual(self.session.wait(cell).status, "error")
        self.goes_on()

    def test_while_compiling(self):
        self.session.execute(SLOW_BUILD)
        cell = self.session.start('fmt.Println("never")')
        self.assertTrue(poll(lambda: self.world.processes("compile")), "nothing is compiled")
        self.interrupt()
        result = self.session.wait(cell)
        self.assertEqual((result.status, result.text()), ("error", ""), result)
        self.assertRegex(result.error, r"(?i)interrupted while .*compil")
        self.assertTrue(poll(lambda: not self.world.processes("compile")))
        self.assertEqual(self.session.execute('%goflags ""').status, "ok")
        self.goes_on()


if __name__ == "__main__":
    main()
