"""Tests of several users of one installation. They install it, which takes minutes, and need root.

    .venv/bin/python kernel/nbtest/users.py
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from classroom import complete
from live import KERNEL, Session, main

CHECKOUT = Path(__file__).parents[2]


def as_user(uid, *command):
    """Returns a command line that runs a command as another user, who needs no entry in the system's list."""
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *command]


def may(uid, mode, path):
    """Returns whether a user may read (-r), write (-w) or search (-x) a path."""
    return subprocess.run(as_user(uid, "test", mode, str(path))).returncode == 0


@unittest.skipUnless(os.getuid() == 0 and shutil.which("setpriv"), "only root can become another user")
class UsersTest(unittest.TestCase):
    """Two users of an installation for everybody, with one directory for temporary files."""

    ann, bob = 64001, 64002

    @classmethod
    def setUpClass(cls):
        go = shutil.which("go")
        if not may(cls.ann, "-r", CHECKOUT / "go.mod") or not may(cls.ann, "-x", go):
            raise unittest.SkipTest(f"other users can read neither {CHECKOUT} nor {go}, or only one of them")
        place = tempfile.TemporaryDirectory(prefix="nbusers")
        cls.addClassCleanup(place.cleanup)
        os.chmod(place.name, 0o755)
        cls.prefix = Path(place.name) / "prefix"
        subprocess.run([go, "run", "./kernel", "install", "--shared", "--prefix", str(cls.prefix)], cwd=CHECKOUT,
                       check=True, stdout=subprocess.DEVNULL)
        cls.installed = cls.prefix / "share" / "jupyter" / "kernels" / KERNEL

    def setUp(self):
        self.place = tempfile.TemporaryDirectory(prefix="nb")
        self.addCleanup(self.place.cleanup)
        self.temp = Path(self.place.name) / "tmp"
        self.temp.mkdir()
        os.chmod(self.place.name, 0o755)
        os.chmod(self.temp, 0o1777)

    def home(self, uid):
        home = Path(self.place.name) / f"home-{uid}"
        if not home.exists():
            home.mkdir(0o755)
            os.chown(home, uid, uid)
        return home

    def session(self, uid, **env):
        """Returns a session whose kernel another user runs."""
        kernels = Path(self.place.name) / f"kernels-{uid}"
        (kernels / KERNEL).mkdir(parents=True, exist_ok=True)
        spec = json.loads((self.installed / "kernel.json").read_text())
        # The connection file belongs to the front end, which root runs here.
        script = 'c=$(mktemp) && cat "$1" >"$c" && chown "$0" "$c" && shift && exec "$@" -f "$c"'
        spec["argv"] = ["sh", "-c", script, str(uid), "{connection_file}", *as_user(uid, *spec["argv"][:-2])]
        (kernels / KERNEL / "kernel.json").write_text(json.dumps(spec))
        session = Session(kernel_dirs=[str(kernels)], cwd=self.home(uid), env={
            "HOME": str(self.home(uid)), "TMPDIR": str(self.temp), "CNET_HISTORY": "", "XDG_CACHE_HOME": "",
            "XDG_STATE_HOME": "", "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": "", "GOCACHE": "", "GOMODCACHE": "",
            "GOPATH": "", **env,
        })
        self.addCleanup(session.close)
        return session

    def expect(self, session, code, text):
        result = session.execute(code)
        self.assertEqual((result.status, result.text(), result.error), ("ok", text, ""), result)

    def test_nothing_is_shared_but_what_is_compiled(self):
        users = {uid: self.session(uid) for uid in (self.ann, self.bob)}
        for uid, session in users.items():
            self.expect(session, f"secret := {uid}\nfmt.Println(os.Getuid())", f"{uid}\n")
        for uid, session in users.items():
            self.expect(session, "fmt.Println(secret)", f"{uid}\n")
            self.expect(session, 'import "continuousnet/cnet"\nfmt.Println(cnet.Config{}.Steps)', "0\n")
            result = session.execute("!*go get example.org/more@latest")
            self.assertIn("cannot add any", result.text("stderr"))
            history = session.ask("history_request", {
                "output": False, "raw": True, "hist_access_type": "tail", "n": 100,
            })["history"]
            self.assertEqual(len(history), 4, history)
        self.assertEqual(complete(users[self.ann]), ["WriteRune"])
        for uid, other in ((self.ann, self.bob), (self.bob, self.ann)):
            own = [self.temp / f"cnet-kernel-{uid}", *(self.temp / f"cnet-kernel-{uid}").rglob("*"),
                   *self.home(uid).rglob("history*")]
            self.assertTrue([path for path in own if "history" in path.name] and len(own) > 20, own)
            for path in own:
                self.assertFalse(may(other, "-r", path) or may(other, "-w", path) or may(other, "-x", path), path)
            for shared in ("builds", "modules", "bin"):
                self.assertTrue(may(uid, "-r", self.installed / shared), shared)
                self.assertFalse(may(uid, "-w", self.installed / shared), shared)
            begun = self.home(uid) / ".cache" / "cnet" / "builds"
            compiled = [path for path in begun.glob("*/*-d") if not path.is_symlink() and path.stat().st_size > 50_000]
            self.assertEqual(compiled, [], "a user compiles what is compiled")

    def test_own_modules(self):
        """A user with a module cache of his own has the modules of the installation in it, and can add others."""
        session = self.session(self.ann, GOMODCACHE=str(self.home(self.ann) / "modules"))
        self.expect(session, 'import "continuousnet/cnet"\nfmt.Println(cnet.Config{}.Steps)', "0\n")
        self.expect(session, "!test -d $GOMODCACHE/github.com/gomlx && test -O $GOMODCACHE && echo own", "own\n")

    def test_without_a_home(self):
        """Cells have what is compiled, and completion works, where there is no home or it cannot be written to."""
        for home in ("", "/nonexistent", str(self.home(self.bob))):
            with self.subTest(home=home):
                session = self.session(self.ann, HOME=home)
                self.expect(session, 'x := 1\nimport "continuousnet/cnet"\nfmt.Println(cnet.Config{}.Steps)', "0\n")
                cache = session.execute("!go env GOCACHE").text().strip()
                self.assertTrue(cache.startswith(str(self.temp)), cache)
                self.assertTrue(any(path.is_symlink() for path in Path(cache).glob("*/*-d")), cache)
                if not home:
                    self.assertEqual(complete(session), ["WriteRune"])
                session.close()
                self.assertFalse(Path(cache).exists())


if __name__ == "__main__":
    main()
