"""Runs what the image's recipe, .binder/Dockerfile, runs to install everything, in a clean directory.

    .venv/bin/python kernel/nbtest/image.py

Go's caches and pip's are this user's, and nothing is compiled in advance, so that it takes less than a minute.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]


def steps():
    """Returns the instructions of the Dockerfile, as pairs of a name and its arguments."""
    text = (ROOT / ".binder" / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, arguments) for name, arguments in lines]


class ImageTest(unittest.TestCase):
    def test_recipe(self):
        scratch = tempfile.TemporaryDirectory(prefix="cnet-image-")
        self.addCleanup(scratch.cleanup)
        self.addCleanup(lambda: subprocess.run(["chmod", "-R", "u+w", scratch.name], check=True))
        place = Path(scratch.name)
        copied = self.copied(place)
        (place / "home").mkdir()
        ran = [command for name, arguments in steps() if name == "RUN"
               for command in arguments.split("&&") if "install.sh" in command]
        self.assertEqual(len(ran), 1, ran)
        # The image's paths are below the scratch directory, and the caches those that are there.
        program, prefix = shlex.split(ran[0])
        program, prefix = copied / Path(program).relative_to(self.target), place / Path(prefix).relative_to("/")
        known = json.loads(subprocess.check_output(["go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPROXY"]))
        pip = os.environ.get("PIP_CACHE_DIR") or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pip"
        environment = {
            **os.environ, **known, "HOME": str(place / "home"), "PIP_CACHE_DIR": str(pip), "PYTHON": sys.executable,
        }
        done = subprocess.run(
            [program, prefix, "--no-warm"], cwd="/", env=environment, capture_output=True, text=True,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        listed = subprocess.check_output(
            [prefix / "bin" / "jupyter", "kernelspec", "list", "--json"], env=environment, text=True,
        )
        argv = json.loads(listed)["kernelspecs"]["cnet"]["spec"]["argv"]
        self.assertTrue(argv[0].startswith(str(prefix)), argv)
        self.assertEqual(argv[argv.index("--checkout") + 1], str(copied.resolve()))
        version = subprocess.check_output([argv[0], "version", "--prefix", prefix], env=environment, text=True)
        self.assertIn("gopls", version)

    def copied(self, place):
        """Copies what the image gets of the repository, and returns where it is."""
        sources = [arguments.split() for name, arguments in steps() if name == "COPY"]
        self.assertEqual([source for source, _ in sources], ["."])
        self.target = sources[0][1]
        copied = place / Path(self.target).relative_to("/")
        tracked = subprocess.check_output(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True,
        )
        for name in filter(None, tracked.split("\0")):
            if (ROOT / name).exists():
                (copied / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copied / name)
        return copied


if __name__ == "__main__":
    unittest.main(verbosity=2)
