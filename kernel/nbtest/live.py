"""A live kernel session for the tests, which starts a kernel, runs cells and collects all messages.

Every received message is checked against the message specification of jupyter_kernel_test.
NBTEST_KERNEL names another installed kernel than "cnet": with "python3" the tests of messages.py run against ipykernel,
to check that the tests demand what the protocol says.
"""

import atexit
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path
from queue import Empty

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_kernel_test import msgspec_v5

KERNEL = os.environ.get("NBTEST_KERNEL", "cnet")
LEAVE = 60  # seconds in which a server is to end
TIMEOUT = 40  # seconds, for every wait; a cold build cache on a slow, busy machine needs much of it
PUMP_SECONDS = 0.5  # the longest time spent on one channel before a test may look at the clock
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

# The tests must not write to the user's history.
_scratch = tempfile.TemporaryDirectory(prefix="cnet-nbtest-")
atexit.register(_scratch.cleanup)
os.environ["CNET_HISTORY"] = str(Path(_scratch.name) / "history.jsonl")


def poll(condition, timeout=TIMEOUT):
    """Waits until condition() is true or time is out, and returns its last value."""
    deadline = time.monotonic() + timeout
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return value


def validate(message):
    """Raises an error if a message does not conform to the specification of its type."""
    kind = message["header"]["msg_type"]
    # "aborted" is the protocol's word since 5.1; the specification of jupyter_kernel_test 0.7 knows "abort" only.
    aborted = message["content"].get("status") == "aborted"
    if kind in msgspec_v5.schema_fragments and not aborted:
        msgspec_v5.validate_message(message, kind)


class Result:
    """The result of one request: its reply (or None) and the messages on iopub, in order."""

    def __init__(self):
        self.reply = None
        self.messages = []
        self.seconds = 0.0

    @property
    def status(self):
        return self.reply["content"]["status"]

    @property
    def count(self):
        return self.reply["content"]["execution_count"]

    def of(self, kind):
        """Returns the contents of the messages of one type."""
        return [message["content"] for message in self.messages if message["msg_type"] == kind]

    def text(self, name="stdout"):
        return "".join(content["text"] for content in self.of("stream") if content["name"] == name)

    def size(self):
        """Returns the number of characters that were printed and displayed."""
        return sum(
            len(content.get("text", "")) + sum(map(len, content.get("data", {}).values()))
            for kind in ("stream", "display_data") for content in self.of(kind)
        )

    @property
    def states(self):
        return [content["execution_state"] for content in self.of("status")]

    @property
    def error(self):
        """Returns the error as a user sees it, without colours; empty if there is none."""
        return "\n".join(
            ANSI.sub("", "\n".join([content["ename"], content["evalue"], *content["traceback"]]))
            for content in self.of("error")
        )

    def __str__(self):
        return f"{self.reply and self.reply['content']} {[(m['msg_type'], m['content']) for m in self.messages][:20]}"


class Session:
    """A running kernel in an empty directory outside of the checkout, or in a given one."""

    def __init__(self, kernel=KERNEL, kernel_dirs=None, env=None, check=validate, cwd=None):
        self.scratch = tempfile.TemporaryDirectory(prefix="cnet session ")
        specs = KernelSpecManager(kernel_dirs=kernel_dirs) if kernel_dirs else KernelSpecManager()
        self.manager = KernelManager(kernel_name=kernel, kernel_spec_manager=specs)
        started = time.monotonic()
        self.manager.start_kernel(cwd=str(cwd or self.scratch.name), env={**os.environ, **(env or {})})
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT)
        self.ready = time.monotonic() - started
        self.results = {}
        self.check = check

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel()
        self.scratch.cleanup()

    @property
    def pid(self):
        return self.manager.provisioner.process.pid

    def send(self, kind, content, channel="shell", **fields):
        """Sends one request, well-formed or not, and returns its id."""
        message = self.client.session.msg(kind, content, **fields)
        getattr(self.client, channel + "_channel").send(message)
        self.results[message["header"]["msg_id"]] = Result()
        return message["header"]["msg_id"]

    def start(self, code, **options):
        """Sends a cell without waiting for it, and returns the id of the request."""
        content = {
            "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False, "stop_on_error": True,
        }
        return self.send("execute_request", {"code": code, **content, **options})

    def pump(self, timeout=0.02):
        """Receives pending messages and assigns each to the request that it names as its parent.

        It returns although there are more after a while: a cell that prints without end may be faster than this.
        """
        took = False
        for channel in ("iopub", "shell", "control"):
            wait = timeout if channel == "iopub" else 0
            end = time.monotonic() + PUMP_SECONDS
            while time.monotonic() < end:
                try:
                    message = getattr(self.client, f"get_{channel}_msg")(timeout=wait)
                except Empty:
                    break
                wait, took = 0, True
                self.check(message)
                result = self.results.setdefault(message["parent_header"].get("msg_id"), Result())
                if channel == "iopub":
                    result.messages.append(message)
                else:
                    result.reply = message
        return took

    def wait(self, message_id, condition=None, timeout=TIMEOUT):
        """Waits until a request is answered and idle, or condition(result) holds, and returns its result."""
        result = self.results[message_id]
        done = condition or (lambda r: r.reply and r.states[-1:] == ["idle"])
        started = time.monotonic()
        while not done(result):
            if time.monotonic() - started > timeout:
                raise TimeoutError(f"nothing more after {timeout} s: {result}")
            if not self.pump() and self.manager.has_kernel and not self.manager.is_alive():
                raise RuntimeError("the kernel is dead")
        result.seconds = time.monotonic() - started
        return result

    def ask(self, kind, content, channel="shell", timeout=TIMEOUT):
        """Sends a request and returns the content of its reply."""
        return self.wait(self.send(kind, content, channel), lambda r: r.reply, timeout).reply["content"]

    def execute(self, code, timeout=TIMEOUT, **options):
        """Runs a cell to its end."""
        return self.wait(self.start(code, **options), timeout=timeout)

    def until_text(self, message_id, text, timeout=TIMEOUT):
        """Waits until a running cell has written the text."""
        return self.wait(message_id, lambda r: text in r.text(), timeout)


class JupyterServer:
    """A server for a front end ("notebook", "jupyterlab") that neither reads nor writes the user's settings."""

    def __init__(self, module, root, *options):
        self.scratch = tempfile.TemporaryDirectory(prefix="cnet-server-")
        self.dir, self.token = Path(self.scratch.name), secrets.token_hex(16)
        places = {
            name: str(self.dir / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
        }
        log = self.dir / "log"
        with log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, "--no-browser", "--port=0", "--ip=127.0.0.1", "--allow-root",
                 f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={self.token}", *options],
                stdout=out, stderr=out, env={**os.environ, **places},
            )
        self.address = ""
        if not poll(self.answers):
            self.close()
            raise RuntimeError(f"{module} did not start")

    def answers(self):
        found = re.search(r"http://(127\.0\.0\.1:\d+)/", (self.dir / "log").read_text())
        self.address = found[1] if found else ""
        try:
            return found and self.ask("api")
        except OSError:
            return False

    def ask(self, path, data=None, method=None):
        """Returns the server's answer to a request, as bytes."""
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            f"http://{self.address}/{path}", data and json.dumps(data).encode(), headers, method=method,
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return answer.read()

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(LEAVE)
        except subprocess.TimeoutExpired:  # it waits for a kernel that it has just started again
            self.process.kill()
            self.process.wait(TIMEOUT)
        self.scratch.cleanup()


class SessionTest(unittest.TestCase):
    """Tests that share one session, which each must leave usable."""

    env = None

    @classmethod
    def setUpClass(cls):
        cls.session = Session(env=cls.env)

    @classmethod
    def tearDownClass(cls):
        cls.session.close()

    def expect(self, code, text, **options):
        """Runs a cell that must succeed and print exactly the given text."""
        result = self.session.execute(code, **options)
        self.assertEqual((result.status, result.text(), result.error), ("ok", text, ""), result)
        return result

    def expect_error(self, code, *texts, **options):
        """Runs a cell that must fail with the texts in its error."""
        result = self.session.execute(code, **options)
        self.assertEqual(result.status, "error", result)
        self.assertEqual(len(result.of("error")), 1, result)
        for text in texts:
            self.assertIn(text, result.error)
        return result


def main():
    sys.dont_write_bytecode = True
    unittest.main(verbosity=2)
