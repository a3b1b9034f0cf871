"""Runs shell commands side by side and shows their lines with the seconds that have gone by.

    python3 kernel/together.py 'make venv' 'make kernel-behind'

The first that fails ends the others, whose last words nobody needs; its exit status is this program's. Ctrl-C ends all.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time

PATIENCE = 10  # seconds for a command to end that was asked to

started = time.monotonic()
on_terminal = sys.stdout.isatty()


def show(text, end="\n"):
    clear = "\r\033[K" if on_terminal else ""
    print(f"{clear}{time.monotonic() - started:4.0f} s  {text}", end=end, flush=True)


class Job:
    """A command in a process group of its own, so that a signal reaches all of it, and the terminal's none."""

    def __init__(self, command, events):
        # Open files are inherited: among them may be those by which make counts jobs.
        self.process = subprocess.Popen(
            command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", close_fds=False, start_new_session=True)
        threading.Thread(target=self.read, args=(events,), daemon=True).start()

    def read(self, events):
        for line in self.process.stdout:
            events.put((line.rstrip("\n"), None))
        events.put((None, self.process.wait()))

    def signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass  # all of it has ended

    def end(self):
        """Asks the command to end, and makes it."""
        if self.process.poll() is None:
            self.signal(signal.SIGINT)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                pass
        self.signal(signal.SIGKILL)


def run(commands):
    """Runs the commands and returns the first exit status that is not 0, or 0."""
    events, jobs = queue.Queue(), []
    try:
        for command in commands:
            jobs.append(Job(command, events))
        left = len(jobs)
        while left > 0:
            try:
                line, status = events.get(timeout=1)
            except queue.Empty:
                if on_terminal:
                    show("", end="")
                continue
            if line is not None:
                show(line)
            elif status:
                return status if status > 0 else 128 - status
            else:
                left -= 1
        return 0
    except KeyboardInterrupt:
        show("interrupted; what has been done stays, run it again to go on")
        return 130
    finally:
        for job in jobs:
            job.end()
        if on_terminal:
            print("\r\033[K", end="", flush=True)


def interrupt(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    # Also where it was ignored, as in the background of a script: the commands would inherit that, and could not be ended.
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # by nohup
        signal.signal(signal.SIGHUP, interrupt)
    sys.exit(run(sys.argv[1:]))
