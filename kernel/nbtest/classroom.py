"""Tests of several kernels of one user, and of several users, on one machine.

    .venv/bin/python kernel/nbtest/classroom.py
"""

import os
import shutil
import signal
import stat
import subprocess
import threading
import unittest
from pathlib import Path

import psutil

import classes
from live import Session, main, poll
from orphans import World

TYPED = "var b strings.Builder\nb.WriteRu"  # only gopls can complete it


def complete(session, code=TYPED):
    """Returns the matches; it asks again where a busy machine takes longer than a question may, or gopls starts."""
    return poll(lambda: session.ask("complete_request", {"code": code, "cursor_pos": len(code)}).get("matches"))


class Class(World):
    """The sessions of one user in a temporary directory of their own."""

    def __init__(self, add_cleanup, **env):
        super().__init__(add_cleanup)
        self.env.update(env)
        self.add_cleanup = add_cleanup

    def session(self):
        session = Session(env=self.env)
        self.add_cleanup(session.close)
        return session

    def gopls(self):
        """Returns the processes of gopls itself, without those that it has started."""
        found = []
        for process in self.processes("gopls"):
            try:
                if "serve" in process.cmdline():
                    found.append(process)
            except psutil.Error:
                pass  # it has just ended
        return found


class SharedGoplsTest(unittest.TestCase):
    def setUp(self):
        self.room = Class(self.addCleanup)

    def test_starts_with_the_first_question(self):
        session = self.room.session()
        session.execute('fmt.Println("hi")')
        self.assertFalse(self.room.gopls())
        self.assertEqual(complete(session, "fmt.Printl"), ["Println"])
        self.assertEqual(complete(session), ["WriteRune"])
        self.assertEqual(len(self.room.gopls()), 1)

    def test_started_by_all_at_once(self):
        sessions = [self.room.session() for _ in range(4)]
        together = [threading.Thread(target=lambda s=s: found.append(complete(s))) for s in sessions]
        found = []
        for thread in together:
            thread.start()
        for thread in together:
            thread.join()
        self.assertEqual(found, [["WriteRune"]] * 4)
        self.assertEqual(len(self.room.gopls()), 1)

    def test_declarations_are_the_sessions_own(self):
        one, other = self.room.session(), self.room.session()
        for session, name in ((one, "ofTheOne"), (other, "ofTheOther")):
            session.execute(f"var {name} strings.Builder")
            self.assertEqual(complete(session), ["WriteRune"])
        for session, name in ((one, "ofTheOne"), (other, "ofTheOther")):
            self.assertEqual(complete(session, "ofThe"), [name])

    def test_survives_the_kernel_that_started_it(self):
        """However that ends, and with whatever front ends kill; and it does not survive the last."""
        for end in ("kill", "tree", "group", "shutdown"):
            first, last = self.room.session(), self.room.session()
            self.assertEqual([complete(first), complete(last)], [["WriteRune"]] * 2)
            before = self.room.gopls()
            self.end(first, end)
            self.assertEqual(complete(last), ["WriteRune"], end)
            self.assertEqual(self.room.gopls(), before, end)
            self.end(last, "kill" if end == "tree" else end)  # of a whole tree only the next session finds the rest
            if end == "tree":
                self.room.session().close()
            self.assertTrue(poll(lambda: not self.room.left(), timeout=60), f"{end}: {self.room.left()}")

    def end(self, session, how):
        if how == "shutdown":
            session.manager.shutdown_kernel()
            return
        process = psutil.Process(session.pid)
        tree = [process, *process.children(recursive=True)] if how == "tree" else [process]
        if how == "group":
            os.killpg(session.pid, signal.SIGKILL)
        for process in tree:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass
        session.manager.provisioner.process.wait()

    def test_supervisor_and_guard_killed(self):
        """Then the next session ends a gopls that nobody uses any more."""
        first = self.room.session()
        complete(first)
        guard = self.room.guard(first)
        guard.suspend()
        guard.kill()
        os.kill(first.pid, signal.SIGKILL)
        first.manager.provisioner.process.wait()
        self.assertTrue(self.room.gopls())
        self.room.session()
        self.assertTrue(poll(lambda: not self.room.gopls()))

    def test_hangs(self):
        """It is noticed, and another one started; what is known without types is completed meanwhile."""
        session, other = self.room.session(), self.room.session()
        self.assertEqual([complete(session), complete(other)], [["WriteRune"]] * 2)
        hung = self.room.gopls()
        hung[0].suspend()
        self.assertEqual(complete(session, "fmt.Printl"), ["Println"])
        self.assertTrue(poll(lambda: complete(session) == ["WriteRune"]))
        self.assertEqual(complete(other), ["WriteRune"])
        self.assertEqual(len(self.room.gopls()), 1)
        self.assertNotEqual(self.room.gopls(), hung)

    def test_let_go_when_idle(self):
        room = Class(self.addCleanup, CNET_GOPLS_IDLE="1s")
        session = room.session()
        self.assertEqual(complete(session), ["WriteRune"])
        self.assertTrue(poll(lambda: not room.gopls()))
        self.assertTrue(poll(lambda: not [file for file in room.files() if "shared-" in file]))
        self.assertEqual(complete(session), ["WriteRune"])


class ClassTest(unittest.TestCase):
    def test_four_kernels_at_once(self):
        """All complete, and run the first cell of the quickstart; a further idle kernel takes 40 MB at most."""
        measured = classes.measure(4, classes.quickstart(1))
        self.assertLess(measured["memory of an idle kernel, MB (median)"], 40)


class PrivacyTest(unittest.TestCase):
    def test_modes_under_umask_0(self):
        """Nobody else can read or reach anything of a session, whatever umask Jupyter has."""
        room = Class(self.addCleanup)
        history = Path(room.dir) / "home" / "history.jsonl"
        room.env["CNET_HISTORY"] = str(history)
        old = os.umask(0)
        try:
            session = room.session()
        finally:
            os.umask(old)
        session.execute('fmt.Println("secret")')
        self.assertEqual(complete(session), ["WriteRune"])
        base = Path(room.dir) / f"cnet-kernel-{os.getuid()}"
        for private in (base, *base.iterdir(), history.parent):
            self.assertEqual(stat.S_IMODE(private.lstat().st_mode), 0o700, private)
        for private in (history, *base.glob("shared-*/*")):
            self.assertEqual(stat.S_IMODE(private.lstat().st_mode) & 0o077, 0, private)
        self.assertEqual(len(list(base.glob("shared-*/socket"))), 1)

    @unittest.skipUnless(os.getuid() == 0 and shutil.which("setpriv"), "only root can become another user")
    def test_another_user_reaches_nothing(self):
        room = Class(self.addCleanup)
        os.chmod(room.dir, 0o711)  # of /tmp only the kernel's own directory keeps others out
        session = room.session()
        self.assertEqual(complete(session), ["WriteRune"])
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        self.assertEqual(subprocess.run([*nobody, "test", "-x", room.dir]).returncode, 0)
        for file in room.files():
            for mode in ("-r", "-w", "-x"):
                self.assertNotEqual(subprocess.run([*nobody, "test", mode, file]).returncode, 0, file)


if __name__ == "__main__":
    main()
