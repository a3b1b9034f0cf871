"""Measures many kernels of one user at once: a class's first minutes with the quickstart, on one machine.

    .venv/bin/python kernel/nbtest/classes.py [--kernels N] [--cells N]

All kernels are started together; each completes something, and then runs the first cells of the quickstart. Memory is
proportional (PSS): a page that n processes have in common counts as 1/n page for each. Measure with nothing else running.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from live import Session, poll

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01-quickstart.ipynb"


def quickstart(cells):
    """Returns the code of the first cells of the quickstart."""
    notebook = json.loads(QUICKSTART.read_text())
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"][:cells]


def memory(process):
    """Returns the bytes of a process, 0 if it has ended."""
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


def tree(session):
    try:
        process = psutil.Process(session.pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def gopls(place):
    """Returns the processes of gopls of the sessions with this TMPDIR."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "gopls" and process.environ().get("TMPDIR", "").startswith(place):
                found.append(process)
        except psutil.Error:
            pass
    return found


class Peak(threading.Thread):
    """Samples the memory of all sessions until it is stopped."""

    def __init__(self, sessions, place):
        super().__init__(daemon=True)
        self.sessions, self.place = sessions, place
        self.bytes, self.over = 0, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(1):
            processes = [process for session in self.sessions for process in tree(session)] + gopls(self.place)
            self.bytes = max(self.bytes, sum(map(memory, processes)))


def seconds(action):
    started = time.monotonic()
    result = action()
    return time.monotonic() - started, result


def complete(session):
    """Asks until gopls, which many at once keep busy for longer than a question may take, has answered."""
    code = "var b strings.Builder\nb.WriteRu"
    found = lambda: session.ask("complete_request", {"code": code, "cursor_pos": len(code)}).get("matches")  # noqa: E731
    return poll(found)


def run_cells(session, cells):
    """Runs cells, and returns the first that failed with its error, or None."""
    for code in cells:
        result = session.execute(code)
        if result.status != "ok":
            return f"{code!r}: {result.error}"
    return None


def measure(kernels, cells):
    """Returns what was measured, by name; raises an error if anything failed."""
    place = tempfile.TemporaryDirectory(prefix="cl")
    sessions = []
    with place, ThreadPoolExecutor(kernels) as pool:
        def all_at_once(action):
            return seconds(lambda: list(pool.map(action, sessions)))

        try:
            ready, _ = seconds(
                lambda: sessions.extend(pool.map(lambda _: Session(env={"TMPDIR": place.name}), range(kernels)))
            )
            idle = [sum(map(memory, tree(session))) for session in sessions]
            completed, matches = all_at_once(complete)
            if matches != [["WriteRune"]] * kernels:
                raise RuntimeError(f"completions: {matches}")
            shared = gopls(place.name)
            if len([process for process in shared if "serve" in process.cmdline()]) != 1:
                raise RuntimeError(f"one gopls was expected, found {shared}")
            of_gopls = sum(map(memory, shared))
            peak = Peak(sessions, place.name)
            ran, failures = all_at_once(lambda session: run_cells(session, cells))
            peak.over.set()
            peak.join()
            if any(failures):
                raise RuntimeError("\n".join(filter(None, failures)))
        finally:
            list(pool.map(Session.close, sessions))
    return {
        "all ready, s": ready,
        "memory of an idle kernel, MB (median)": statistics.median(idle) / 1e6,
        "all have completed for the first time, s": completed,
        "memory of the gopls that they share, MB": of_gopls / 1e6,
        f"all have run {len(cells)} cells of the quickstart, s": ran,
        "memory of all of them at most, MB": peak.bytes / 1e6,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", type=int, default=20, help="at once (default: %(default)s)")
    parser.add_argument("--cells", type=int, default=2, help="of the quickstart, in each (default: %(default)s)")
    args = parser.parse_args()
    measured = measure(args.kernels, quickstart(args.cells))
    print(f"{args.kernels} kernels, {os.cpu_count()} processors\n\n| | |\n|---|---:|")
    for name, value in measured.items():
        print(f"| {name} | {value:.1f} |")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main()
