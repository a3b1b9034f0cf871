"""Measures the latencies of this kernel and of plain GoNB in turns, and prints a Markdown table.

    .venv/bin/python kernel/nbtest/latency.py [--rounds N] [--json FILE]

Plain GoNB is the same version as it is published, with the same build flags and the same checkout. It is told not to
look for modules before every cell (%noautoget), which this kernel prevents by other means. Measure with nothing else
running.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager

from live import KERNEL, Session, validate

PLAIN = "plain-gonb"
MEASURES = {
    "ready": "kernel ready",
    "first completion": "first completion",
    "completion": "completion, later",
    "kernel_info": "kernel_info, idle",
    "!true": "cell `!true`",
    "trivial": "trivial changed cell",
    "library": "changed cell importing `continuousnet/cnet`",
}


def plain_gonb(directory):
    """Builds GoNB without the kernel's changes, and writes a kernelspec that starts it with the flags of cells."""
    installed = KernelSpecManager().get_kernel_spec(KERNEL)
    checkout, go = (installed.argv[installed.argv.index(flag) + 1] for flag in ("--checkout", "--go"))
    programs = Path(installed.resource_dir) / "bin"
    experiment = subprocess.run(
        [go, "env", "GOEXPERIMENT"], env={**os.environ, "GOEXPERIMENT": "simd"}, capture_output=True, text=True
    ).stdout.strip()
    place = Path(directory) / PLAIN
    place.mkdir()
    subprocess.run(
        [go, "build", "-C", str(Path(checkout) / "kernel" / "tools"), "-ldflags=-s -w", "-o", str(place / "gonb"),
         "github.com/janpfeifer/gonb"], check=True,
    )
    spec = {
        "argv": [
            str(place / "gonb"), "-kernel", "{connection_file}", "-raw_error=true",
            "-legacy_stderr_threshold_behavior=false", "-stderrthreshold=FATAL", f"-go_work={checkout}",
        ],
        "display_name": PLAIN, "language": "go", "interrupt_mode": "message",
        "env": {
            "PATH": os.pathsep.join([str(programs), str(Path(go).parent), os.environ["PATH"]]),
            "GOFLAGS": "-tags=noxla -ldflags=-s -buildvcs=false", "GOPROXY": "off", "GOWORK": "auto",
            "GO111MODULE": "on", "GOTOOLCHAIN": "local", "GOEXPERIMENT": experiment,
        },
    }
    (place / "kernel.json").write_text(json.dumps(spec))


def seconds(action):
    started = time.monotonic()
    action()
    return time.monotonic() - started


def cell(session, code):
    result = session.execute(code)
    if result.status != "ok":
        raise RuntimeError(result.error)
    return result.seconds


def measure(session, mark):
    """Returns the seconds of each measurement in one session; mark makes each cell's code new."""
    found = {"ready": [session.ready]}
    question = {"code": "fmt.Printl", "cursor_pos": 10}
    complete = lambda: session.ask("complete_request", question, timeout=60)  # noqa: E731
    found["first completion"] = [seconds(complete)]
    found["completion"] = [seconds(complete) for _ in range(10)]
    found["kernel_info"] = [seconds(lambda: session.ask("kernel_info_request", {})) for _ in range(30)]
    found["!true"] = [cell(session, "!true") for _ in range(10)]
    cell(session, "%noautoget")
    imports = 'import (\n"fmt"\n"continuousnet/cnet"\n)\n%%\n'
    cell(session, imports + "fmt.Println(cnet.Config{}.Scheme)")  # not measured: it warms both caches
    found["library"] = [
        cell(session, imports + f'fmt.Println(cnet.Config{{}}.Scheme, "{mark} {i}")') for i in range(5)
    ]
    cell(session, "%reset")
    cell(session, 'import "fmt"\n%%\nfmt.Println()')
    found["trivial"] = [cell(session, f'import "fmt"\n%%\nfmt.Println("{mark} {i}")') for i in range(5)]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="sessions of each kernel (default: %(default)s)")
    parser.add_argument("--json", metavar="FILE", help='write the times for "cnet bench all --add", too')
    args = parser.parse_args()
    rounds = args.rounds
    all_of = {KERNEL: {}, PLAIN: {}}
    with tempfile.TemporaryDirectory(prefix="cnet-latency-") as directory:
        plain_gonb(directory)
        kinds = {KERNEL: (None, validate), PLAIN: ([directory], lambda message: None)}
        for i in range(rounds):
            for kernel, (directories, check) in kinds.items():
                print(f"round {i + 1} of {rounds}: {kernel}", file=sys.stderr, flush=True)
                with Session(kernel, kernel_dirs=directories, check=check) as session:
                    for name, values in measure(session, f"{kernel} {os.getpid()} {i}").items():
                        all_of[kernel].setdefault(name, []).extend(values)
    if args.json:
        with open(args.json, "w") as file:
            for name, title in MEASURES.items():
                for kernel, by in ((KERNEL, "this kernel"), (PLAIN, "plain GoNB")):
                    result = {"case": f"cell, {title}", "by": by, "seconds": all_of[kernel][name]}
                    file.write(json.dumps(result) + "\n")
    print(f"Medians of {rounds} sessions of each kernel, in milliseconds.\n")
    print("| | plain GoNB | this kernel | ratio |\n|---|---:|---:|---:|")
    for name, title in MEASURES.items():
        plain, ours = (1000 * statistics.median(all_of[kernel][name]) for kernel in (PLAIN, KERNEL))
        print(f"| {title} | {plain:.1f} | {ours:.1f} | {ours / plain:.2f} |")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main()
