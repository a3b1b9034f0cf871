"""What the programs share: arguments, the threads they may use, the best of several times, and the JSON line."""

import argparse
import json
import os
import time


def arguments(*more):
    """Parses the command line and keeps this process to --threads processors, before a library counts them."""
    parser = argparse.ArgumentParser()
    for name, default in (("batch", 32), ("steps", 2), ("alpha", 16), ("depth", 0), ("repeats", 5), ("threads", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--model", default="ContinuousNet")
    parser.add_argument("--scheme", default="euler", choices=["euler", "midpoint", "rk4_classic"])
    parser.add_argument("--infer", action="store_true")
    parser.add_argument("--compile", action="store_true")
    for name, options in more:
        parser.add_argument(name, **options)
    args = parser.parse_args()
    if hasattr(os, "sched_getaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        args.threads = min(args.threads or len(allowed), len(allowed))
        os.sched_setaffinity(0, allowed[: args.threads])
    args.threads = args.threads or os.cpu_count()
    return args


def best(step, repeats):
    """Returns the seconds of the first call of step, which may compile, and of the fastest of the others."""
    took = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        step()
        took.append(time.perf_counter() - started)
    return took[0], min(took[1:])


def peak_bytes():
    """The most memory that this process has had, or 0 where that is not known."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return 0


def report(**values):
    print(json.dumps(values), flush=True)
