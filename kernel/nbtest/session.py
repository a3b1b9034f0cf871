"""Tests the installed kernel "cnet" in live sessions, as a front end would use it.

    .venv/bin/python kernel/nbtest/session.py

Latencies are printed, not judged: they depend on the machine.
"""

import json
import statistics
import sys
import tempfile
import time
import unittest
from pathlib import Path

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

KERNEL = "cnet"
TIMEOUT = 300  # of a cell; a cold build cache on a slow machine needs some of it
LIBRARY = "continuousnet/cnet"  # the package that a notebook imports first


class Session:
    """A running kernel in an empty directory somewhere else than the checkout."""

    def __init__(self, kernel_dirs=None):
        self.scratch = tempfile.TemporaryDirectory(prefix="cnet session ")
        specs = KernelSpecManager(kernel_dirs=kernel_dirs) if kernel_dirs else KernelSpecManager()
        self.manager = KernelManager(kernel_name=KERNEL, kernel_spec_manager=specs)
        started = time.monotonic()
        self.manager.start_kernel(cwd=self.scratch.name)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.ready = time.monotonic() - started

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel()
        self.scratch.cleanup()

    def run(self, code, on_text=None):
        """Executes a cell; returns its status, its text (errors with it) and the seconds from request to reply."""
        texts = []

        def hook(message):
            content = message["content"]
            if message["msg_type"] == "stream":
                texts.append(content["text"])
                if on_text:
                    on_text(content["text"])
            elif message["msg_type"] == "error":
                texts.append("\n".join([content["evalue"], *content["traceback"]]))

        started = time.monotonic()
        reply = self.client.execute_interactive(code, timeout=TIMEOUT, output_hook=hook)
        return reply["content"]["status"], "".join(texts), time.monotonic() - started


class KernelTest(unittest.TestCase):
    def expect(self, session, code, text):
        status, output, seconds = session.run(code)
        self.assertEqual((status, output), ("ok", text))
        return seconds

    def test_spec(self):
        spec = KernelSpecManager().get_kernel_spec(KERNEL)
        self.assertEqual((spec.display_name, spec.language), ("ContinuousNet (Go)", "go"))
        for name in ("logo-32x32.png", "logo-64x64.png", "logo-svg.svg"):
            self.assertTrue((Path(spec.resource_dir) / name).exists(), name)

    def test_cells(self):
        with Session() as session:
            print(f"\nready after {session.ready:.2f} s")
            first = self.expect(session, 'import "fmt"\n%%\nfmt.Println("hi")', "hi\n")
            print(f"first cell {first:.2f} s")
            trivial = [self.expect(session, f'%%\nfmt.Println("hi", {i})', f"hi {i}\n") for i in range(5)]
            library = [
                self.expect(session, f'import _ "{LIBRARY}"\n%%\nfmt.Println("changed", {i})', f"changed {i}\n")
                for i in range(6)
            ]
            print(f"changed cell, warm: {statistics.median(trivial):.2f} s;"
                  f" importing {LIBRARY}: {statistics.median(library[1:]):.2f} s (its first: {library[0]:.2f} s)")

    def test_workspace(self):
        """The checkout's requirements are importable as well, the network is off, and the go front is in place."""
        with Session() as session:
            self.expect(session, 'import "fmt"\nimport "github.com/spf13/cobra"\n%%\nfmt.Println(cobra.ShellCompDirectiveError)', "1\n")
            self.expect(session, "!go env GOPROXY", "off\n")
            self.expect(session, "!cd $GONB_TMP_DIR && go get && echo skipped", "skipped\n")

    def test_compile_error(self):
        with Session() as session:
            status, output, _ = session.run("%%\nnothing.Here()")
            self.assertEqual(status, "error")
            self.assertIn("undefined: nothing", output)

    def test_interrupt(self):
        """A cell hears the interrupt, may finish its work, and the session goes on."""
        with Session() as session:
            code = """
import ("fmt"; "os"; "os/signal")
%%
c := make(chan os.Signal, 1)
signal.Notify(c, os.Interrupt)
fmt.Println("waiting")
<-c
fmt.Println("saved")
"""
            _, output, _ = session.run(code, on_text=lambda text: "waiting" in text and session.manager.interrupt_kernel())
            self.assertEqual(output, "waiting\nsaved\n")
            self.expect(session, '%%\nfmt.Println("on")', "on\n")

    def test_shutdown(self):
        """A graceful shutdown leaves no temporary directory behind."""
        with Session() as session:
            status, output, _ = session.run("!echo $GONB_TMP_DIR")
            directory = Path(output.strip())
            self.assertTrue(status == "ok" and directory.is_dir(), output)
            session.manager.shutdown_kernel()
            self.assertFalse(session.manager.is_alive())
            self.assertFalse(directory.exists(), directory)

    def test_moved_checkout(self):
        """When the checkout has gone, the cells say what to do, and the kernel lives."""
        installed = KernelSpecManager().get_kernel_spec(KERNEL)
        with tempfile.TemporaryDirectory() as kernels:
            spec = installed.to_dict()
            spec["argv"][spec["argv"].index("--checkout") + 1] = str(Path(kernels) / "gone")
            directory = Path(kernels) / KERNEL
            directory.mkdir()
            (directory / "kernel.json").write_text(json.dumps(spec))
            with Session(kernel_dirs=[kernels]) as session:
                status, output, _ = session.run('import "fmt"\n%%\nfmt.Println("hi")')
                self.assertEqual(status, "error")
                self.assertIn("go run ./kernel install", output)
                self.expect(session, "!echo alive", "alive\n")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main(verbosity=2)
