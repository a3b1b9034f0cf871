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


class BadEnvironmentTest(unittest.TestCase):
    """Cells run whatever the environment of Jupyter says about Go, about the home directory and temporary files."""

    def session(self, kernels, env, **arguments):
        """Returns a session with variables set or, with None, removed, and other arguments of the kernelspec."""
        spec = KernelSpecManager().get_kernel_spec(KERNEL).to_dict()
        for name, value in arguments.items():
            spec["argv"][spec["argv"].index("--" + name) + 1] = value
        unset = [word for name, value in env.items() if value is None for word in ("-u", name)]
        spec["argv"] = ["/usr/bin/env", *unset, *spec["argv"]]
        directory = Path(kernels) / KERNEL
        directory.mkdir(exist_ok=True)
        (directory / "kernel.json").write_text(json.dumps(spec))
        return Session(kernel_dirs=[kernels], env={k: v for k, v in env.items() if v is not None})

    def test_settings(self):
        with tempfile.TemporaryDirectory() as kernels:
            file = Path(kernels) / "file"
            file.touch()
            for env in (
                {"HOME": None, "XDG_CACHE_HOME": None, "GOPATH": None},
                {"HOME": str(file / "below"), "TMPDIR": str(file), "GOTMPDIR": str(file), "GOCACHE": "relative"},
                {"GOTOOLCHAIN": "go1.2.3", "GOFLAGS": "-mod=mod", "GOWORK": "/nonexistent/go.work", "GOPROXY": "off",
                 "GOROOT": "/nonexistent", "GO111MODULE": "off", "GOOS": "plan9", "GOCACHE": "off",
                 "TMPDIR": "/nonexistent"},
            ):
                with self.subTest(env=env), self.session(kernels, env) as session:
                    result = session.execute(
                        'import "continuousnet/kernel/cell"\n%%\ncell.Display(6*7)\nfmt.Print("hi")',
                    )
                    self.assertEqual((result.status, result.text(), result.text("stderr")), ("ok", "hi", ""), result)

    def test_cache_of_the_session(self):
        """Without a build cache the session makes one, and the cell says why it takes long until it shows something."""
        with tempfile.TemporaryDirectory() as kernels, \
                self.session(kernels, {"GOCACHE": "off"}, cache="") as session:
            result = session.execute('%%\nprintln("hi")')
            self.assertEqual((result.status, result.text("stderr")), ("ok", "hi\n"), result)
            kinds = [message["msg_type"] for message in result.messages][2:-1]
            self.assertIn(kinds, (["stream"], ["display_data", "clear_output", "stream"]))
            cache = Path(session.execute("!go env GOCACHE").text().strip())
            self.assertTrue(cache.is_dir() and cache.parent.parent.name.startswith("cnet-kernel-"), cache)
        self.assertFalse(cache.exists())


class OwnModuleTest(unittest.TestCase):
    """A notebook in a module imports its packages, as it does those of modules that a cell adds."""

    def module(self, directory, name):
        (directory / "hello world" / "greet").mkdir(parents=True, exist_ok=True)
        (directory / "hello world" / "go.mod").write_text(f"module {name}\n\ngo 1.26\n")
        self.write(directory, "hello")
        return directory / "hello world"

    def write(self, directory, word):
        (directory / "hello world" / "greet" / "greet.go").write_text(
            f'package greet\n\n// Word is what is said.\nfunc Word() string {{ return "{word}" }}\n',
        )

    def test_module(self):
        with tempfile.TemporaryDirectory() as scratch:
            own = self.module(Path(scratch), "mine")
            (own / "notes").mkdir()
            with Session(cwd=own / "notes") as session:
                code = 'import "mine/greet"\nfmt.Println(greet.Word())'
                self.assertEqual(session.execute(code).text(), "hello\n")
                self.write(Path(scratch), "goodbye")
                self.assertEqual(session.execute(code).text(), "goodbye\n")
                project = 'import "continuousnet/cnet"\nfmt.Println(cnet.Config{}.Steps)'
                self.assertEqual(session.execute(project).text(), "0\n")
                code = 'import "mine/greet"\ngreet.Wo'
                content = session.ask("complete_request", {"code": code, "cursor_pos": len(code)})
                self.assertEqual(content["matches"], ["Word"])

    def test_added_module(self):
        with tempfile.TemporaryDirectory() as scratch, Session() as session:
            own = self.module(Path(scratch), "example.com/mine")
            code = 'import "example.com/mine/greet"\nfmt.Println(greet.Word())'
            result = session.execute(code)
            self.assertEqual(result.status, "error")
            for hint in ("!*go work use DIR", "!*go get example.com/mine/greet@latest"):
                self.assertIn(hint, result.error)
            self.assertEqual(session.execute(f"!*go work use '{own}'").status, "ok")
            self.assertEqual(session.execute(code).text(), "hello\n")
            code = 'import "example.com/mine/greet"\ngreet.Word'
            content = session.ask("inspect_request", {"code": code, "cursor_pos": len(code)})
            self.assertIn("what is said", content["data"].get("text/plain", ""))

    def test_workspace(self):
        """The go.work above a notebook counts, with its replacements, or the one that GOWORK names."""
        with tempfile.TemporaryDirectory() as scratch:
            self.module(Path(scratch), "example.com/replaced")
            own = Path(scratch) / "own"
            (own / "say").mkdir(parents=True)
            (own / "go.mod").write_text("module own\n\ngo 1.26\n\nrequire example.com/replaced v1.0.0\n")
            (own / "say" / "say.go").write_text(
                'package say\n\nimport "example.com/replaced/greet"\n\nfunc Say() string { return greet.Word() }\n',
            )
            work = Path(scratch) / "go.work"
            work.write_text('go 1.26\n\nuse ./own\n\nreplace example.com/replaced => "./hello world"\n')
            for arguments in ({"cwd": own}, {"env": {"GOWORK": str(work), "GOFLAGS": "-mod=mod"}}):
                with self.subTest(**arguments), Session(**arguments) as session:
                    self.assertEqual(session.execute('import "own/say"\nfmt.Println(say.Say())').text(), "hello\n")

    def test_module_that_does_not_fit(self):
        """One line says why a module cannot be used beside the checkout, and cells work without it."""
        for name, text, part in (
            ("mine", "go 1.999", "1.999"),
            ("mine", "go 1.26\n\nrequire github.com/spf13/cobra v1.99.0", "cobra@v1.99.0"),
            ("continuousnet", "go 1.26", "appears multiple times"),
        ):
            with self.subTest(text=text), tempfile.TemporaryDirectory() as scratch:
                own = self.module(Path(scratch), name)
                (own / "go.mod").write_text(f"module {name}\n\n{text}\n")
                with Session(cwd=own) as session:
                    result = session.execute('fmt.Println("hi")')
                    self.assertEqual((result.status, result.text()), ("ok", "hi\n"))
                    said = result.text("stderr")
                    self.assertEqual(said.count("\n"), 1, said)
                    for words in (str(own), part, "cells work without it"):
                        self.assertIn(words, said)


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
