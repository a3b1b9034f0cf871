"""The installed kernelspec, what cells find in its environment, and what they say when the checkout has gone.

    .venv/bin/python kernel/nbtest/installed.py
"""

import json
import tempfile
import unittest
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager

from live import KERNEL, Session, SessionTest, main


class EnvironmentTest(SessionTest):
    def test_spec(self):
        spec = KernelSpecManager().get_kernel_spec(KERNEL)
        self.assertEqual((spec.display_name, spec.language, spec.interrupt_mode), ("ContinuousNet (Go)", "go", "message"))
        for name in ("logo-32x32.png", "logo-64x64.png", "logo-svg.svg"):
            self.assertTrue((Path(spec.resource_dir) / name).exists(), name)

    def test_checkout_is_importable(self):
        self.expect('import "continuousnet/cnet"\nfmt.Println(cnet.Config{}.Steps)', "0\n")
        self.expect('import "github.com/spf13/cobra"\nfmt.Println(cobra.ShellCompDirectiveError)', "1\n")  # it requires that one

    def test_network_is_off(self):
        self.expect("!go env GOPROXY", "off\n")
        self.expect("!cd $GONB_TMP_DIR && go get && echo skipped", "skipped\n")


class MovedCheckoutTest(unittest.TestCase):
    def test_moved_checkout(self):
        """The cells say what to do, and the kernel lives."""
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


if __name__ == "__main__":
    main()
