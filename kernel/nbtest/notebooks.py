"""Runs notebooks from top to bottom through the installed kernel "cnet".

    .venv/bin/python kernel/nbtest/notebooks.py notebooks [--timeout SECONDS] [--output DIR]

Every notebook runs in a directory of its own, a copy of its own folder, so that the runs that it makes do not
end up beside it. Exit status 1: a cell failed; its source and its error are in the log.
"""

import argparse
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

KERNEL = "cnet"
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Timer:
    """Prints the time that each cell took, and holds the index of the running one."""

    def __init__(self):
        self.index = None
        self.source = ""
        self.started = 0.0

    def start(self, cell, cell_index):
        self.index, self.source, self.started = cell_index, cell.source, time.monotonic()

    def end(self, cell, cell_index, execute_reply):
        title = next((line for line in cell.source.splitlines() if line.strip(" %")), "").strip()
        print(f"  cell {cell_index:3} {time.monotonic() - self.started:7.2f} s  {title[:70]}", flush=True)


def run(path, timeout, output):
    """Executes one notebook and returns the text of its failure, or None."""
    with tempfile.TemporaryDirectory(prefix="cnet-notebook-") as scratch:
        work = Path(scratch) / path.resolve().parent.name
        shutil.copytree(path.parent, work, ignore=shutil.ignore_patterns("results", ".ipynb_checkpoints"))
        notebook = nbformat.read(work / path.name, as_version=4)
        timer = Timer()
        client = NotebookClient(
            notebook,
            kernel_name=KERNEL,
            timeout=timeout,
            resources={"metadata": {"path": str(work)}},
            on_cell_execute=timer.start,
            on_cell_executed=timer.end,
        )
        problem = None
        try:
            client.execute()
        except Exception as error:  # nbclient and its layers raise many kinds; each is this notebook's failure
            where = f"cell {timer.index}" if timer.index is not None else "before the first cell"
            text = ANSI.sub("", str(error)).strip()
            if timer.source not in text:
                text = f"{timer.source}\n{'-' * 20}\n{text}"
            problem = f"{where}: {type(error).__name__}\n{text}"
        if output:
            output.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, output / path.name)
        return problem


def find(paths):
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.ipynb"))
        elif path.exists():
            yield path
        else:
            sys.exit(f"no such notebook or directory: {path}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path, help="notebooks, or directories of them")
    parser.add_argument("--timeout", type=int, default=600, help="seconds that a cell may take (default: %(default)s)")
    parser.add_argument("--output", type=Path, help="keep the executed notebooks here")
    args = parser.parse_args()

    passed, failed = 0, []
    for path in find(args.paths):
        print(path, flush=True)
        started = time.monotonic()
        problem = run(path, args.timeout, args.output)
        word = "FAILED" if problem else "passed"
        print(f"{word} {path} in {time.monotonic() - started:.1f} s", flush=True)
        if problem:
            failed.append(path)
            print("\n".join("    " + line for line in problem.splitlines()), flush=True)
        else:
            passed += 1
    if not passed and not failed:
        print("no notebooks in", *args.paths)
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
