"""Tests of the installed kernelspec, of the environment of cells, and of cells after the checkout has gone.

    .venv/bin/python kernel/nbtest/installed.py
"""

import fcntl
import json
import shutil
import tempfile
import unittest
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager

from live import KERNEL, Session, SessionTest, main, poll


class EnvironmentTest(SessionTest):
    def test_spec(self):
        spec = KernelSpecManager().get_kernel_spec(KERNEL)
        self.assertEqual(
            (spec.display_name, spec.language, spec.interrupt_mode), ("ContinuousNet (Go)", "go", "message"),
        )
        for name in ("logo-32x32.png", "logo-64x64.png", "logo-svg.svg"):
            self.assertTrue((Path(spec.resource_dir) / name).exists(), name)

    def test_checkout_is_importable(self):
        self.expect('import "continuousnet/cnet"\nfmt.Println(cnet.Config{}.Steps)', "0\n")
        # A module that the project requires.
        self.expect('import "github.com/spf13/cobra"\nfmt.Println(cobra.ShellCompDirectiveError)', "1\n")

    def test_network_is_off(self):
        self.expect("!go env GOPROXY", "off\n")
        self.expect("!cd $GONB_TMP_DIR && go get && echo skipped", "skipped\n")


class MovedCheckoutTest(unittest.TestCase):
    def test_moved_checkout(self):
        """The error of a cell says what to do, and the kernel goes on."""
        with tempfile.TemporaryDirectory() as kernels:
            spec = KernelSpecManager().get_kernel_spec(KERNEL).to_dict()
            spec["argv"][spec["argv"].index("--checkout") + 1] = str(Path(kernels) / "gone")
            directory = Path(kernels) / KERNEL
            directory.mkdir()
            (directory / "kernel.json").write_text(json.dumps(spec))
            with Session(kernel_dirs=[kernels]) as session:
                result = session.execute('fmt.Println("hi")')
                self.assertEqual(result.status, "error", result)
                self.assertIn("go run ./kernel install", result.error + result.text("stderr"))
                self.assertEqual(session.execute("!echo alive").text(), "alive\n")


class GoplsBehindTest(unittest.TestCase):
    def test_gopls_comes_later(self):
        """A session without gopls completes what it can, says once why no more, and takes gopls up when it is there."""
        with tempfile.TemporaryDirectory() as prefix:
            installed = Path(KernelSpecManager().get_kernel_spec(KERNEL).resource_dir)
            directory = Path(prefix) / "share" / "jupyter" / "kernels" / KERNEL
            shutil.copytree(installed, directory, ignore=lambda *_: ["gopls", "finish.log", "tools"])
            spec = json.loads((directory / "kernel.json").read_text())
            spec["argv"][0] = str(directory / "bin" / "kernel")
            (directory / "kernel.json").write_text(json.dumps(spec))
            with (directory / "finish.log").open("w") as log:
                log.write("2026/01/02 15:04:05 finishing the installation\n")
                log.flush()
                fcntl.flock(log, fcntl.LOCK_EX)  # as the process that builds it
                with Session(kernel_dirs=[str(directory.parent)]) as session:
                    self.check_without(session, directory)
                    shutil.copy(installed / "bin" / "gopls", directory / "bin" / "gopls")
                    code = "var b strings.Builder\nb.WriteRu"
                    self.assertTrue(poll(lambda: self.complete(session, code)[0] == ["WriteRune"]))

    def complete(self, session, code):
        content = session.ask("complete_request", {"code": code, "cursor_pos": len(code)})
        types = content.get("metadata", {}).get("_jupyter_types_experimental", [])
        return content.get("matches"), [match["type"] for match in types]

    def check_without(self, session, directory):
        session.execute("var declared = 1")
        self.assertEqual(self.complete(session, "decl"), (["decl", "declared"], ["gopls is being built", "variable"]))
        self.assertEqual(self.complete(session, "decl"), (["declared"], ["variable"]))
        self.assertEqual(self.complete(session, "strings.EqualF"), (["EqualFold"], ["function"]))
        self.assertEqual(self.complete(session, "notebook.Epo"), (["Epochs"], ["function"]))
        self.assertEqual(self.complete(session, "%usa")[0], ["%usage"])
        self.assertEqual(self.complete(session, "var b strings.Builder\nb.WriteRu")[0], [])
        content = session.ask("inspect_request", {"code": "strings.ToLower", "cursor_pos": 9, "detail_level": 0})
        self.assertIn("is being built since 15:04:05", content["data"]["text/plain"])
        self.assertIn(str(directory / "finish.log"), content["data"]["text/plain"])


if __name__ == "__main__":
    main()
