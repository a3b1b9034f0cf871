"""Tests of the kernel in nbconvert, papermill, the console, Notebook 7 and, with its protocol, VS Code.

    .venv/bin/python kernel/nbtest/frontends.py
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import nbformat
import papermill
import pexpect
import websocket
from jupyter_client import AsyncKernelClient
from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.session import Session as Messages
from papermill.translators import Translator, papermill_translators

from live import ANSI, KERNEL, TIMEOUT, JupyterServer, main


def notebook(*sources, tags=()):
    """Returns a notebook of code cells; the first one has the tags."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata.tags = list(tags)
    spec = {"name": KERNEL, "display_name": "ContinuousNet (Go)", "language": "go"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})


class GoTranslator(Translator):
    """Papermill's translation of parameters to Go, as variables that every later cell sees."""

    @classmethod
    def assign(cls, name, value):
        return f"var {name} = {value}"

    @classmethod
    def comment(cls, text):
        return f"// {text}"

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        return "\n".join(
            [cls.comment(comment), *(cls.assign(name, cls.translate(value)) for name, value in parameters.items())]
        )


class ProgramsTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="cnet-frontends-")
        self.addCleanup(scratch.cleanup)
        self.dir = Path(scratch.name)

    def write(self, *sources, **options):
        nbformat.write(notebook(*sources, **options), self.dir / "in.ipynb")
        return str(self.dir / "in.ipynb")

    def nbconvert(self, *arguments):
        command = [sys.executable, "-m", "nbconvert", "--execute", self.dir / "in.ipynb", "--output", "out", *arguments]
        return subprocess.run(command, cwd=self.dir, capture_output=True, text=True, timeout=TIMEOUT)

    def outputs(self, name="out.ipynb"):
        return [cell.outputs for cell in nbformat.read(self.dir / name, as_version=4).cells if cell.cell_type == "code"]

    def test_nbconvert(self):
        self.write('fmt.Println("hi")', "6*7")
        done = self.nbconvert("--to", "notebook")
        self.assertEqual(done.returncode, 0, done.stderr)
        stream, value = [outputs[0] for outputs in self.outputs()]
        self.assertEqual((stream.text, value.output_type, value.data["text/plain"]), ("hi\n", "execute_result", "42"))

    def test_nbconvert_shows_the_error(self):
        """The log of nbconvert says what failed and where."""
        self.write('x := 1\nfmt.Println(x, nothing)')
        done = self.nbconvert("--to", "notebook")
        self.assertNotEqual(done.returncode, 0)
        log = ANSI.sub("", done.stderr)
        for text in ("undefined: nothing", "line 2", "^"):
            self.assertIn(text, log)

    def test_nbconvert_allow_errors(self):
        self.write("nothing.Here()", 'fmt.Println("on")')
        done = self.nbconvert("--to", "html", "--allow-errors")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("undefined: nothing", (self.dir / "out.html").read_text())

    def test_papermill(self):
        self.write('fmt.Println("hi")', 'panic("broken")')
        done = subprocess.run(
            [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb"], cwd=self.dir, capture_output=True, text=True,
            timeout=TIMEOUT,
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("broken", done.stderr)
        outputs = [outputs for outputs in self.outputs() if outputs]
        self.assertIn("hi\n", [output.get("text") for cell in outputs for output in cell])

    def test_papermill_parameters(self):
        papermill_translators.register("go", GoTranslator)
        source = self.write('var name = "nobody"\nvar steps = 1', 'fmt.Println(name, steps, rate)', tags=["parameters"])
        made = papermill.execute_notebook(
            source, str(self.dir / "out.ipynb"), {"name": "Ada", "steps": 3, "rate": 0.5}, progress_bar=False,
        )
        self.assertEqual(made.cells[-1].outputs[0].text, "Ada 3 0.5\n")

    def test_console(self):
        """jupyter console: values, continued lines, input, an error, and leaving it."""
        console = pexpect.spawn(
            sys.executable, ["-m", "jupyter_console", "--simple-prompt", "--kernel", KERNEL], cwd=str(self.dir),
            timeout=TIMEOUT, encoding="utf-8",
            env={**os.environ, "TERM": "dumb", "JUPYTER_CONFIG_DIR": str(self.dir)}, echo=False,
        )
        self.addCleanup(console.close)
        console.expect(r"In \[1\]: ")
        console.sendline("6*7")
        console.expect(r"Out\[1\]: 42")
        console.expect(r"In \[2\]: ")
        console.sendline('fmt.Println("hi")')
        console.expect("hi\r?\n")
        console.expect(r"In \[3\]: ")
        console.sendline('var s string; fmt.Scanln(&s); fmt.Println("got", s)')
        console.sendline("Ada")
        console.expect("got Ada")
        console.expect(r"In \[4\]: ")
        console.sendline("nothing.Here()")
        console.expect("undefined: nothing")
        console.expect(r"In \[5\]: ")
        console.sendeof()
        console.expect("really want to exit")
        console.sendline("y")
        console.expect(pexpect.EOF)

    def test_notebook_7(self):
        """Notebook's server, also JupyterLab's, lists the kernel, starts it, and runs a cell over the websocket."""
        server = JupyterServer("notebook", self.dir)
        self.addCleanup(server.close)
        self.assertIn(b"Jupyter Notebook", server.ask("tree"))
        self.assertIn(KERNEL, json.loads(server.ask("api/kernelspecs"))["kernelspecs"])
        kernel = json.loads(server.ask("api/kernels", {"name": KERNEL}))["id"]
        channels = f"ws://{server.address}/api/kernels/{kernel}/channels"
        socket = websocket.create_connection(channels, timeout=TIMEOUT, header=[f"Authorization: token {server.token}"])
        header = {
            "msg_id": "one", "msg_type": "execute_request", "session": "s", "username": "", "version": "5.4",
            "date": "2026-01-01T00:00:00Z",
        }
        content = {
            "code": "6*7", "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": True,
            "stop_on_error": True,
        }
        socket.send(
            json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"})
        )
        kinds = {}
        while not {"execute_reply", "execute_result"} <= kinds.keys():
            message = json.loads(socket.recv())
            kinds[message["msg_type"]] = message["content"]
        self.assertEqual(kinds["execute_result"]["data"]["text/plain"], "42")
        socket.close()
        server.ask(f"api/kernels/{kernel}", method="DELETE")


class EditorTest(unittest.IsolatedAsyncioTestCase):
    """A client like VS Code, with a process and a connection file of its own, that interrupts by message."""

    async def asyncSetUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="cnet-editor-")
        self.addCleanup(scratch.cleanup)
        connection, _ = write_connection_file(
            str(Path(scratch.name) / "kernel-v3.json"), key=secrets.token_hex(16).encode(),
        )
        spec = KernelSpecManager().get_kernel_spec(KERNEL)
        self.assertEqual(spec.interrupt_mode, "message")
        argv = [argument.replace("{connection_file}", connection) for argument in spec.argv]
        self.process = await asyncio.create_subprocess_exec(*argv, cwd=scratch.name, env={**os.environ, **spec.env})
        self.client = AsyncKernelClient(session=Messages())
        self.client.load_connection_file(connection)
        self.client.start_channels()

    async def asyncTearDown(self):
        self.client.stop_channels()
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def text(self, code):
        texts = []
        hook = lambda message: texts.append(message["content"].get("text", ""))  # noqa: E731
        reply = await asyncio.wait_for(self.client.execute_interactive(code, output_hook=hook), 60)
        return reply["content"]["status"], "".join(texts)

    async def test_session(self):
        client = self.client
        shell, control = client.kernel_info(), client.session.msg("kernel_info_request", {})
        client.control_channel.send(control)
        replies = {
            "shell": await client.get_shell_msg(timeout=TIMEOUT),
            "control": await client.get_control_msg(timeout=TIMEOUT),
        }
        for channel, asked in (("shell", shell), ("control", control["header"]["msg_id"])):
            self.assertEqual(
                (replies[channel]["msg_type"], replies[channel]["parent_header"]["msg_id"]),
                ("kernel_info_reply", asked),
            )
        self.assertEqual(await self.text('fmt.Println("hi")'), ("ok", "hi\n"))

        # The editor asks for completions and the state of comms while a cell runs, and stops it by message.
        cell = asyncio.create_task(self.text('fmt.Println("on")\nfor { time.Sleep(time.Second) }'))
        await asyncio.sleep(0)
        client.control_channel.send(client.session.msg("interrupt_request", {}))
        reply = await client.get_control_msg(timeout=TIMEOUT)
        self.assertEqual((reply["msg_type"], reply["content"]["status"]), ("interrupt_reply", "ok"))
        while not cell.done():  # the interrupt may have come before the cell
            client.control_channel.send(client.session.msg("interrupt_request", {}))
            await client.get_control_msg(timeout=TIMEOUT)
            await asyncio.wait([cell], timeout=1)
        self.assertEqual((await cell)[0], "error")
        self.assertEqual(await self.text('fmt.Println("hi again")'), ("ok", "hi again\n"))

        client.control_channel.send(client.session.msg("shutdown_request", {"restart": False}))
        self.assertEqual((await client.get_control_msg(timeout=TIMEOUT))["content"], {"status": "ok", "restart": False})
        self.assertEqual(await asyncio.wait_for(self.process.wait(), TIMEOUT), 0)


if __name__ == "__main__":
    main()
