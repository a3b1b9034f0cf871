"""kernel/together.py, by which make lab does two things at once.

    .venv/bin/python kernel/nbtest/together.py
"""

import os
import pty
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = [sys.executable, str(Path(__file__).parents[1] / "together.py")]


class TogetherTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="cnet together ")
        self.addCleanup(scratch.cleanup)
        self.dir = Path(scratch.name)

    def run_all(self, *commands):
        done = subprocess.run(
            [*PROGRAM, *commands], cwd=self.dir, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        return done.returncode, done.stdout

    def test_both_run_at_once(self):
        """Each waits for the other; every line is whole and begins with the time."""
        os.mkfifo(self.dir / "a")
        os.mkfifo(self.dir / "b")
        status, out = self.run_all("echo one > a; cat b; printf 'no line end'", "cat a; echo two >&2; echo three > b")
        self.assertEqual(status, 0, out)
        lines = sorted(line.split(" s  ", 1)[1] for line in out.splitlines())
        self.assertEqual(lines, ["no line end", "one", "three", "two"])

    def test_failure_ends_the_other(self):
        """Also what the other has started, and the other's last words are not shown."""
        os.mkfifo(self.dir / "started")
        os.mkfifo(self.dir / "held")
        reader = subprocess.Popen(["cat", "held"], cwd=self.dir)  # ends with the last process that has it open
        other = "trap 'echo ended; exit 1' INT; sleep 1000 > held & echo > started; wait"
        status, out = self.run_all(other, "cat started; echo no network; exit 7")
        self.assertEqual(status, 7, out)
        self.assertIn("no network", out)
        self.assertNotIn("ended", out)
        self.assertEqual(reader.wait(), 0)

    def test_interrupt(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            sleep = "echo $$; exec sleep 1000"
            program = subprocess.Popen([*PROGRAM, sleep, sleep], stdout=subprocess.PIPE, text=True)
            pids = [int(program.stdout.readline().split(" s  ", 1)[1]) for _ in range(2)]
            program.send_signal(number)
            out, _ = program.communicate()
            self.assertEqual(program.returncode, 130, out)
            self.assertIn("interrupted", out)
            for pid in pids:
                with self.assertRaises(ProcessLookupError):
                    os.kill(pid, 0)

    def test_terminal(self):
        """A line is drawn over the clock, and nothing of the clock is left."""
        ours, theirs = pty.openpty()
        subprocess.run([*PROGRAM, "echo one"], stdout=theirs, stdin=subprocess.DEVNULL, check=True)
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 1000):
                text += part
        except OSError:
            pass  # the end, on Linux
        os.close(ours)
        self.assertTrue(text.startswith(b"\r\x1b[K") and text.endswith(b" s  one\r\n\r\x1b[K"), text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
