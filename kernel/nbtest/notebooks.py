"""Runs notebooks from top to bottom through the installed kernel "cnet", and compares what they show with what is saved.

    .venv/bin/python kernel/nbtest/notebooks.py notebooks [--timeout SECONDS] [--output DIR]
    .venv/bin/python kernel/nbtest/notebooks.py notebooks --save    # writes the outputs into the notebooks

Every notebook runs in a directory of its own, a copy of its own folder, so that the runs that it makes do not end up
beside it. Saved text has to be what the cell prints now, apart from times and speeds; of a cell with the tag "varies"
numbers may differ as well, as they do where training rounds otherwise on another processor. Exit status 1: a cell
failed, or a notebook is not as it should be; the log says which and why.
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
VARIES = "varies"
SLOWEST = 180  # seconds that a saved notebook may take
WIDEST = 92  # columns of code that JupyterLab shows in a window of 1280 pixels, beside its list of files

# What differs between two runs: durations, speeds, and how wide the column is that they stand in.
DURATION = re.compile(r"\d[\d,.]*(?: ?(?:h|min|s|ms|µs|ns)\b)(?: \d+ ?(?:min|s)\b)*|\d[\d,.]* (?:images|points)/s")
NUMBER = re.compile(r"[-−]?\d[\d,.]*(?:e[-+−]?\d+)?")
# Where somebody's files are. A notebook says where its runs are relative to its own folder.
CHECKOUT = str(Path(__file__).resolve().parents[2])
ABSOLUTE = re.compile(re.escape(CHECKOUT) + "|" + r"(?:/(?:home|root|tmp|Users|mnt|var|private)/|[A-Z]:\\)[\w.@-]+")


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


def run(path, timeout):
    """Executes one notebook, and returns it with its outputs, and the text of its failure or None."""
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
        return notebook, problem


def same_each_time(text, numbers):
    """Returns text without what differs between two runs; numbers: without these, too."""
    text = DURATION.sub("<time>", ANSI.sub("", text))
    if numbers:
        text = NUMBER.sub("<number>", text)
    return re.sub(r"[ \t]+", " ", text).strip()


def shown(cell):
    """Returns what a cell shows as text, in a form that two runs share: streams, and the text of every display."""
    numbers = VARIES in cell.metadata.get("tags", [])
    parts = {}
    for output in cell.outputs:
        if output.output_type == "stream":
            # How a stream is cut into pieces is chance.
            parts[output.name] = parts.get(output.name, "") + output.text
        elif output.output_type == "error":
            parts["error"] = output.evalue
        else:
            parts[f"display {sum(name.startswith('display') for name in parts) + 1}"] = output.data.get("text/plain", "")
    return {name: same_each_time(text, numbers) for name, text in parts.items()}


def faults(saved):
    """Yields what is wrong with a notebook as it is saved."""
    try:
        nbformat.validate(saved)
    except nbformat.ValidationError as error:
        yield f"not a valid notebook: {str(error).splitlines()[0]}"
    for i, cell in enumerate(saved.cells):
        texts = [cell.source]
        for output in cell.get("outputs", []):
            texts += [output.get("text", ""), *(t for kind, t in output.get("data", {}).items() if kind.startswith("text/"))]
        for place in sorted({place for text in texts for place in ABSOLUTE.findall(text)}):
            yield f"cell {i} has the absolute path {place}"
        if cell.cell_type == "code" and not cell.source.strip():
            yield f"cell {i} is empty"
        if cell.cell_type == "code":
            for line in cell.source.expandtabs(4).splitlines():
                if len(line) > WIDEST:
                    yield f"cell {i} has a line of {len(line)} columns; readers see {WIDEST} of them: {line.strip()}"


def stale(saved, fresh):
    """Yields what a notebook shows otherwise than it is saved."""
    # A later Go has another version, which costs no more than that.
    before, now = ({**n.metadata.get("language_info", {}), "version": ""} for n in (saved, fresh))
    if before != now:
        yield f"JupyterLab will open it as changed: the saved language_info is {before!r}, the kernel's {now!r}"
    for i, (old, new) in enumerate(zip(saved.cells, fresh.cells)):
        if old.cell_type != "code":
            continue
        before, now = shown(old), shown(new)
        for name in sorted({*before, *now}):
            if before.get(name) != now.get(name):
                yield (f"cell {i}, {name}: the saved output is not that of today; look at it and run make lessons\n"
                       f"  saved: {before.get(name)!r}\n  today: {now.get(name)!r}")


def save(notebook, path):
    """Writes a notebook with its outputs, without what differs each time that it is run."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        streams = {}
        for output in list(cell.outputs):
            if output.output_type == "stream":
                if output.name in streams:
                    streams[output.name].text += output.text
                    cell.outputs.remove(output)
                else:
                    streams[output.name] = output
    nbformat.write(notebook, path)


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
    parser.add_argument("--save", action="store_true", help="write the outputs into the notebooks")
    args = parser.parse_args()

    passed, failed = 0, []
    for path in find(args.paths):
        print(path, flush=True)
        started = time.monotonic()
        saved = nbformat.read(path, as_version=4)
        fresh, problem = run(path, args.timeout)
        seconds = time.monotonic() - started
        problems = [problem] if problem else []
        if args.save and not problem:
            save(fresh, path)
            if seconds > SLOWEST:
                problems.append(f"took {seconds:.0f} s; a lesson takes at most {SLOWEST} s")
        problems += faults(nbformat.read(path, as_version=4))
        if not args.save and not problem:
            problems += stale(saved, fresh)
        if args.output:
            args.output.mkdir(parents=True, exist_ok=True)
            nbformat.write(fresh, args.output / path.name)
        print(f"{'FAILED' if problems else 'passed'} {path} in {seconds:.1f} s", flush=True)
        if problems:
            failed.append(path)
            print("\n".join("    " + line for text in problems for line in text.splitlines()), flush=True)
        else:
            passed += 1
    if not passed and not failed:
        print("no notebooks in", *args.paths)
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
