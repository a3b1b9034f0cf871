"""Tests of every message type of the Jupyter protocol with a live kernel.

    .venv/bin/python kernel/nbtest/messages.py
    NBTEST_KERNEL=python3 .venv/bin/python kernel/nbtest/messages.py    # the same with ipykernel, as a control
"""

import unittest
from pathlib import Path
from types import SimpleNamespace

import dateutil.parser
import psutil

from live import KERNEL, TIMEOUT, Session, SessionTest, main, poll

GO = SimpleNamespace(
    name="go",
    hello='fmt.Println("hi")',
    say=lambda text: f'fmt.Println("{text}")',
    # Prints "on" and runs until it is interrupted, or for a long time.
    long='fmt.Println("on")\nfor range 600 { time.Sleep(100*time.Millisecond) }',
    # Prints "on", waits for a file "enough", and prints "off".
    until='fmt.Println("on")\n'
    'for { if _, err := os.Stat("enough"); err == nil { break }; time.Sleep(10*time.Millisecond) }\n'
    'fmt.Println("off")',
    value="6*7",
    error='panic("broken")',
    input='var s string\nfmt.Print("name? ")\nfmt.Scanln(&s)\nfmt.Println("got", s)',
    display='gonbui.UpdateHTML("nb-id", "<b>1</b>")\ngonbui.UpdateHTML("nb-id", "<b>2</b>")',
    declare="func answerOfAll() int { return 42 }",
    complete=("answerOfA", "answerOfAll"),
    inspect="fmt.Println",
    unfinished="func f() {",
    unicode='fmt.Println("α → 界 😀")',
)
PYTHON = SimpleNamespace(
    name="python",
    hello='print("hi")',
    say=lambda text: f'print("{text}")',
    long='print("on", flush=True)\nimport time\nfor _ in range(600): time.sleep(0.1)',
    until='import os, time\nprint("on", flush=True)\n'
    'while not os.path.exists("enough"): time.sleep(0.01)\nprint("off")',
    value="6*7",
    error='raise ValueError("broken")',
    input='s = input("name? ")\nprint("got", s)',
    display='from IPython.display import HTML\n'
    'd = display(HTML("<b>1</b>"), display_id="nb-id")\nd.update(HTML("<b>2</b>"))',
    declare="def answerOfAll(): return 42",
    complete=("answerOfA", "answerOfAll"),
    inspect="print",
    unfinished="def f():",
    unicode='print("α → 界 😀")',
)
LANGUAGE = PYTHON if KERNEL == "python3" else GO
ours = unittest.skipUnless(KERNEL == "cnet", "more than ipykernel does")


class MessagesTest(SessionTest):
    code = LANGUAGE

    # kernel_info

    def test_kernel_info(self):
        for channel in ("shell", "control"):
            content = self.session.ask("kernel_info_request", {}, channel)
            self.assertEqual(content["status"], "ok")
            self.assertRegex(content["protocol_version"], r"^5\.[3-9]")
            self.assertTrue(content["banner"] and content["implementation"] and content["implementation_version"])
            info = content["language_info"]
            self.assertEqual(info["name"], self.code.name)
            for key in ("version", "mimetype", "file_extension", "pygments_lexer", "codemirror_mode"):
                self.assertTrue(info.get(key), key)
            self.assertIsInstance(content.get("supported_features", []), list)
            for link in content.get("help_links", []):
                self.assertEqual(set(link), {"text", "url"})

    def test_kernel_info_is_busy_and_idle(self):
        result = self.session.wait(self.session.send("kernel_info_request", {}))
        self.assertEqual(result.states, ["busy", "idle"])

    def end(self, cell):
        """Ends the cell code.until."""
        enough = Path(self.session.scratch.name, "enough")
        enough.touch()
        self.addCleanup(enough.unlink, missing_ok=True)
        return self.session.wait(cell)

    def kernel_info_while_running(self, channel):
        cell = self.session.start(self.code.until)
        self.session.until_text(cell, "on")
        info = self.session.wait(self.session.send("kernel_info_request", {}, channel))
        result = self.end(cell)
        self.assertEqual(info.states, ["busy", "idle"])
        # Front ends show the last state, so the kernel may repeat that the cell still runs.
        self.assertEqual(
            (result.status, result.text(), list(dict.fromkeys(result.states))), ("ok", "on\noff\n", ["busy", "idle"]),
        )
        self.assertEqual(result.states.count("idle"), 1)
        self.assertEqual([result.messages[i]["msg_type"] for i in (0, -1)], ["status", "status"])

    def test_kernel_info_while_running_on_control(self):
        self.kernel_info_while_running("control")

    @ours
    def test_kernel_info_while_running_on_shell(self):
        self.kernel_info_while_running("shell")

    # execute

    def test_execute_order(self):
        result = self.expect(self.code.hello, "hi\n")
        kinds = [message["msg_type"] for message in result.messages]
        self.assertEqual(kinds[:2] + kinds[-1:], ["status", "execute_input", "status"])
        self.assertEqual(result.states, ["busy", "idle"])
        self.assertEqual(result.of("execute_input"), [{"code": self.code.hello, "execution_count": result.count}])
        metadata = result.reply["metadata"]
        self.assertEqual(metadata["status"], "ok")
        started = dateutil.parser.parse(str(metadata["started"]))
        self.assertLessEqual(started, result.reply["header"]["date"])

    def test_execute_result(self):
        result = self.session.execute(self.code.value)
        self.assertEqual([content["data"]["text/plain"] for content in result.of("execute_result")], ["42"])
        self.assertEqual(result.of("execute_result")[0]["execution_count"], result.count)

    def test_unicode(self):
        self.expect(self.code.unicode, "α → 界 😀\n")

    def test_empty_cell(self):
        for code in ("", "  \n\n"):
            result = self.session.execute(code)
            self.assertEqual((result.status, result.states), ("ok", ["busy", "idle"]))

    def test_error(self):
        result = self.expect_error(self.code.error, "broken")
        content = result.reply["content"]
        error = result.of("error")[0]
        self.assertEqual(
            [content[key] for key in ("ename", "evalue", "traceback")],
            [error[key] for key in ("ename", "evalue", "traceback")],
        )
        self.assertTrue(content["ename"] and content["traceback"])

    def test_execution_count(self):
        first = self.session.execute(self.code.hello).count
        self.assertEqual(self.session.execute(self.code.hello).count, first + 1)
        self.assertEqual(self.session.execute(self.code.error).count, first + 2)
        # Neither of these is counted, and the silent one sends no execute_input.
        self.session.execute(self.code.hello, store_history=False)
        silent = self.session.execute(self.code.value, silent=True, store_history=False)
        self.assertEqual((silent.status, silent.of("execute_input"), silent.of("execute_result")), ("ok", [], []))
        self.assertEqual(self.session.execute(self.code.hello).count, first + 3)

    def test_user_expressions(self):
        """Expressions are evaluated after the cell, one without a value is an error of its own; not after a failure."""
        asked = {"x": self.code.value, "y": "nowhere.At()", "z": self.code.unfinished}
        result = self.session.execute(self.code.hello, user_expressions=asked)
        self.assertEqual((result.status, result.text(), result.of("error")), ("ok", "hi\n", []), result)
        expressions = result.reply["content"]["user_expressions"]
        self.assertEqual(expressions["x"], {"status": "ok", "data": {"text/plain": "42"}, "metadata": {}})
        for name in "yz":
            self.assertEqual(expressions[name]["status"], "error")
            self.assertTrue(expressions[name]["ename"] and expressions[name]["traceback"], expressions)
        result = self.session.execute(self.code.error, user_expressions=asked)
        self.assertEqual(result.reply["content"].get("user_expressions", {}), {})

    @ours
    def test_user_expressions_of_variables(self):
        """An expression sees the cell's variables; what it prints is not shown."""
        code = 'func loud() int { fmt.Println("loud"); return 8 }\nseven := 7'
        result = self.session.execute(code, user_expressions={"a": "seven", "b": "loud()", "c": "seven +\nnowhere"}, silent=True)
        answers = result.reply["content"]["user_expressions"]
        self.assertEqual([answers[name]["data"]["text/plain"] for name in "ab"], ["7", "8"])
        self.assertEqual(result.text(), "")
        self.assertIn("nowhere", "\n".join(answers["c"]["traceback"]))

    def test_queue(self):
        """Cells run in the order in which they were sent, each with its own output."""
        cells = [self.session.start(self.code.say(i)) for i in range(4)]
        results = [self.session.wait(cell) for cell in cells]
        self.assertEqual([result.text() for result in results], ["0\n", "1\n", "2\n", "3\n"])
        counts = [result.count for result in results]
        self.assertEqual(counts, list(range(counts[0], counts[0] + 4)))

    def test_stop_on_error(self):
        cells = [self.session.start(code) for code in (self.code.error, self.code.hello, self.code.hello)]
        self.assertEqual([self.session.wait(cell).status for cell in cells], ["error", "aborted", "aborted"])
        for cell in cells[1:]:
            result = self.session.results[cell]
            self.assertEqual((result.text(), result.states), ("", ["busy", "idle"]))
        self.expect(self.code.hello, "hi\n")

    def test_order_of_aborted_cells(self):
        """The cell that failed is answered and idle before those that it aborts, which follow in their order."""
        cells = [self.session.start(code) for code in (self.code.error, *3 * [self.code.hello])]
        replies = [self.session.client.get_shell_msg(timeout=TIMEOUT) for _ in cells]
        self.assertEqual([reply["parent_header"]["msg_id"] for reply in replies], cells)
        idle = []
        while len(idle) < len(cells):
            message = self.session.client.get_iopub_msg(timeout=TIMEOUT)
            if message["content"].get("execution_state") == "idle":
                idle.append(message["parent_header"]["msg_id"])
        self.assertEqual(idle, cells)

    def test_no_stop_on_error(self):
        cells = [self.session.start(code, stop_on_error=False) for code in (self.code.error, self.code.hello)]
        self.assertEqual([self.session.wait(cell).status for cell in cells], ["error", "ok"])

    def test_update_display_data(self):
        result = self.session.execute(self.code.display)
        shown = [
            (message["msg_type"], content["data"]["text/html"], content["transient"]["display_id"])
            for message in result.messages for content in [message["content"]]
            if message["msg_type"] in ("display_data", "update_display_data")
        ]
        self.assertEqual(shown, [("display_data", "<b>1</b>", "nb-id"), ("update_display_data", "<b>2</b>", "nb-id")])

    # input

    def test_input(self):
        cell = self.session.start(self.code.input, allow_stdin=True)
        request = self.session.client.get_stdin_msg(timeout=TIMEOUT)
        self.assertEqual(request["msg_type"], "input_request")
        self.assertEqual(request["content"], {"prompt": "name? ", "password": False})
        self.assertEqual(request["parent_header"]["msg_id"], cell)
        self.session.client.input("Ada")
        result = self.session.wait(cell)
        self.assertEqual((result.status, result.text()), ("ok", "got Ada\n"))

    @ours
    def test_input_prompts(self):
        """The unfinished line is the prompt; what has an end or is followed by something else is output."""
        scan = "var s string\nfmt.Scanln(&s)\nfmt.Println(s)"
        for code, prompt, text in (
            (f'fmt.Print("a\\nb", "ä: ")\n{scan}', "bä: ", "a\nx\n"),
            (f'fmt.Println("a")\n{scan}', "", "a\nx\n"),
            (f'fmt.Fprint(os.Stderr, "b: ")\n{scan}', "b: ", "x\n"),
            (f'import "continuousnet/kernel/cell"\n%%\nfmt.Print("a")\ncell.Display(1)\n{scan}', "", "ax\n"),
            ("!printf 'c: '; read x; printf \"<$x>\"", "c: ", "<x>"),
            ("%with_inputs\n!printf 'd: '; read x; echo $x", "d: ", "x\n"),
        ):
            with self.subTest(code=code):
                cell = self.session.start(code, allow_stdin=True)
                request = self.session.client.get_stdin_msg(timeout=TIMEOUT)
                self.session.client.input("x")
                result = self.session.wait(cell)
                self.assertEqual(request["content"]["prompt"], prompt)
                self.assertEqual(result.text(), text, result)

    def programs(self):
        """Returns the processes of cells that run."""
        found = []
        for process in psutil.Process(self.session.pid).children(recursive=True):
            try:
                found += [process] if process.name().startswith("gonb_") else []
            except psutil.Error:
                pass
        return found

    @ours
    def test_input_of_a_program_that_ends(self):
        """A cell that has asked is done when it is answered or interrupted, also if its program has ended before."""
        code = (
            'go func() { var s string; fmt.Scanln(&s) }()\n'
            'for { if _, err := os.Stat("asked"); err == nil { break }; time.Sleep(10*time.Millisecond) }\n'
            'fmt.Println("over")'
        )
        asked = Path(self.session.scratch.name) / "asked"
        for end in ("answer", "interrupt"):
            with self.subTest(end=end):
                cell = self.session.start(code, allow_stdin=True)
                self.session.client.get_stdin_msg(timeout=TIMEOUT)
                asked.touch()
                result = self.session.until_text(cell, "over")
                self.assertTrue(poll(lambda: not self.programs()))
                self.session.ask("kernel_info_request", {})
                self.session.wait(cell, lambda r: len(r.states) > 1)  # it is said again that the cell runs
                self.assertEqual((result.reply, result.states), (None, ["busy", "busy"]))
                asked.unlink()
                if end == "answer":
                    self.session.client.input("late")
                else:
                    self.session.ask("interrupt_request", {}, "control")
                self.assertEqual(self.session.wait(cell).status, "ok")
                self.expect(self.code.hello, "hi\n")

    def test_input_not_allowed(self):
        """Without a front end that can ask for input the cell fails and does not hang."""
        result = self.session.execute(self.code.input)
        self.assertEqual(result.status, "error", result)
        self.assertIn("input", result.error)

    # questions about code

    def test_complete(self):
        self.session.execute(self.code.declare)
        code, match = self.code.complete
        content = self.session.ask("complete_request", {"code": code, "cursor_pos": len(code)})
        self.assertEqual((content["status"], content["matches"]), ("ok", [match]))
        self.assertEqual((content["cursor_start"], content["cursor_end"]), (0, len(code)))

    @ours
    def test_complete_while_running(self):
        self.session.execute(self.code.declare)
        cell = self.session.start(self.code.until)
        self.session.until_text(cell, "on")
        code, match = self.code.complete
        content = self.session.ask("complete_request", {"code": code, "cursor_pos": len(code)})
        self.assertEqual(content["matches"], [match])
        self.end(cell)

    @ours
    def test_cursor_outside_of_the_code(self):
        code, match = self.code.complete
        self.session.execute(self.code.declare)
        for cursor in (len(code) + 1, 10**6, 10**30):
            content = self.session.ask("complete_request", {"code": code, "cursor_pos": cursor})
            self.assertEqual((content["status"], content["matches"]), ("ok", [match]), cursor)
            self.assertEqual((content["cursor_start"], content["cursor_end"]), (0, len(code)))
            content = self.session.ask("inspect_request", {"code": self.code.inspect, "cursor_pos": cursor})
            self.assertEqual((content["status"], content["found"]), ("ok", True))
        for kind in ("complete_request", "inspect_request"):
            content = self.session.ask(kind, {"code": self.code.inspect, "cursor_pos": -5})
            self.assertEqual(content["status"], "ok")
        # As a front end counts that takes UTF-16: behind the end here.
        content = self.session.ask("complete_request", {"code": "// 😀\n" + code, "cursor_pos": 6 + len(code)})
        self.assertEqual((content["matches"], content["cursor_end"]), ([match], 5 + len(code)))

    def test_complete_counts_characters(self):
        """The cursor is counted in code points, also behind one that takes two UTF-16 units."""
        self.session.execute(self.code.declare)
        code, match = self.code.complete
        before = self.code.unicode + "\n"
        content = self.session.ask("complete_request", {"code": before + code, "cursor_pos": len(before + code)})
        self.assertEqual((content["matches"], content["cursor_start"]), ([match], len(before)))
        self.assertEqual(content["cursor_end"], len(before + code))

    def test_complete_nothing(self):
        content = self.session.ask("complete_request", {"code": "noSuchNameAtAll", "cursor_pos": 15})
        self.assertEqual((content["status"], content["matches"]), ("ok", []))

    def test_inspect(self):
        content = self.session.ask(
            "inspect_request", {"code": self.code.inspect, "cursor_pos": len(self.code.inspect), "detail_level": 0},
        )
        self.assertEqual((content["status"], content["found"]), ("ok", True))
        self.assertTrue(content["data"]["text/plain"])

    def test_inspect_nothing(self):
        content = self.session.ask("inspect_request", {"code": "noSuchNameAtAll", "cursor_pos": 3, "detail_level": 0})
        self.assertEqual((content["status"], content["found"], content["data"]), ("ok", False, {}))

    @ours
    def test_question(self):
        """NAME? in a line of a cell shows the documentation of a name, and the other lines run."""
        self.session.execute("// radius is in metres.\nvar radius = 2.5\nfunc area(r float64) float64 { return r * r }")
        for name, known in {
            "radius": "float64", "area": "func area(r float64)", "strings.Builder": "minimizes memory copying",
            "math": "mathematical functions", "strings.Builder.WriteString": "appends the contents of s",
            "http.Client.Timeout": "specifies a time limit", "%who": "variables of the session", "radius2": "in a cell",
        }.items():
            code = f"// radius2 is declared in a cell.\nvar radius2 = 3\n{name}?\nfmt.Print(6*7)"
            result = self.session.execute(code)
            page = result.reply["content"]["payload"][0]
            self.assertEqual((result.status, result.text(), page["source"]), ("ok", "42", "page"), name)
            self.assertIn(known, page["data"]["text/plain"])
        for code in ("?radius", "radius??", " radius ?"):
            self.assertIn("float64", self.session.execute(code).reply["content"]["payload"][0]["data"]["text/plain"])
            self.assertEqual(self.session.ask("is_complete_request", {"code": code})["status"], "complete")
        error = self.session.execute("nobodyKnows?").reply["content"]
        self.assertEqual((error["ename"], "nobodyKnows" in error["evalue"]), ("CommandError", True))

    @ours
    def test_complete_import_path(self):
        """Paths are completed. On a busy machine the first answer may have only those that cells use most."""
        for code, path in {
            'import "container/h': "container/heap",
            'import (\n\t"fmt"\n\tg "gonum.org/v1/plot/vg/d': "gonum.org/v1/plot/vg/draw",
            'import "continuousnet/cnet/o': "continuousnet/cnet/ode",
        }.items():
            def complete(code=code, path=path):
                content = self.session.ask("complete_request", {"code": code, "cursor_pos": len(code)})
                return content if path in content["matches"] else None

            content = poll(complete)
            self.assertTrue(content, path)
            self.assertEqual(content["cursor_start"], code.rindex('"') + 1)
            self.assertFalse([match for match in content["matches"] if "internal" in match])

    def test_is_complete(self):
        self.assertEqual(self.session.ask("is_complete_request", {"code": self.code.hello})["status"], "complete")
        content = self.session.ask("is_complete_request", {"code": self.code.unfinished})
        self.assertEqual(content["status"], "incomplete")
        self.assertTrue(content["indent"].isspace())

    def test_history(self):
        mark = self.code.say("remember me")
        count = self.session.execute(mark).count
        tail = self.session.ask("history_request", {"hist_access_type": "tail", "n": 1, "output": False, "raw": True})
        session, line, source = tail["history"][0]
        self.assertEqual((line, source), (count, mark))
        asked = {
            "hist_access_type": "range", "session": 0, "start": count, "stop": count + 1, "output": False, "raw": True,
        }
        self.assertEqual(
            [entry[1:] for entry in self.session.ask("history_request", asked)["history"]], [[count, mark]]
        )
        asked = {
            "hist_access_type": "search", "pattern": "*remember*me*", "n": 5, "unique": True, "output": False,
            "raw": True,
        }
        self.assertIn(mark, [entry[2] for entry in self.session.ask("history_request", asked)["history"]])

    def test_history_keeps_out_what_should_not_be_stored(self):
        secret = self.code.say("do not store")
        self.session.execute(secret, store_history=False)
        tail = self.session.ask("history_request", {"hist_access_type": "tail", "n": 5, "output": False, "raw": True})
        self.assertNotIn(secret, [entry[2] for entry in tail["history"]])

    # comms

    def test_comm_info(self):
        self.assertEqual(self.session.ask("comm_info_request", {}), {"status": "ok", "comms": {}})
        self.assertEqual(self.session.ask("comm_info_request", {"target_name": "nothing"})["comms"], {})

    def test_comm_to_nobody(self):
        """A comm for an unknown target is closed at once; messages to it are ignored."""
        opened = self.session.send("comm_open", {"comm_id": "nb-1", "target_name": "nobody", "data": {}})
        result = self.session.wait(opened, lambda r: r.states[-1:] == ["idle"])
        self.assertEqual(result.of("comm_close"), [{"comm_id": "nb-1", "data": {}}])
        for kind in ("comm_msg", "comm_close"):
            self.session.send(kind, {"comm_id": "nb-1", "data": {"x": 1}})
        self.expect(self.code.hello, "hi\n")
        self.assertEqual(self.session.ask("comm_info_request", {})["comms"], {})

    def test_connect(self):
        ports = self.session.manager.get_connection_info(session=False)
        content = self.session.ask("connect_request", {})
        for name in ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port"):
            self.assertEqual(content[name], ports[name])

    # what should not be

    def test_unknown_message(self):
        for channel in ("shell", "control"):
            self.session.send("no_such_request", {"x": 1}, channel)
            self.session.send("no_such_message", {"x": 1}, channel)
        self.expect(self.code.hello, "hi\n")

    @ours
    def test_requests_that_it_does_not_have(self):
        """Nobody who asks for a debugger or a subshell waits for ever."""
        reply = self.session.ask("debug_request", {"seq": 7, "type": "request", "command": "debugInfo"}, "control")
        self.assertEqual((reply["request_seq"], reply["success"], reply["command"]), (7, False, "debugInfo"))
        for kind in ("create_subshell_request", "list_subshell_request", "no_such_request"):
            result = self.session.wait(self.session.send(kind, {}, "control"))
            self.assertEqual((result.status, result.states), ("error", ["busy", "idle"]), result)
            self.assertIn(kind, result.reply["content"]["evalue"])

    @ours
    def test_wrong_content(self):
        """A request that lacks a field, or has one of a wrong type, is answered with an error or not at all."""
        for kind, content in (
            ("execute_request", {}),
            ("execute_request", {"code": 5}),
            ("execute_request", {"code": ["a"], "silent": "no"}),
            ("complete_request", {}),
            ("complete_request", {"code": "x", "cursor_pos": "one"}),
            ("inspect_request", {"cursor_pos": 3}),
            ("is_complete_request", {"code": None}),
            ("history_request", {"hist_access_type": 7}),
            ("comm_open", {"comm_id": 1}),
            ("comm_msg", {}),
            ("comm_close", {"comm_id": []}),
        ):
            message = self.session.send(kind, content)
            self.expect(self.code.hello, "hi\n")
            if reply := self.session.results[message].reply:
                # A request that makes sense without the field may be answered.
                self.assertIn(reply["content"]["status"], ("ok", "error", "complete"), (kind, content))


class InterruptTest(SessionTest):
    code = LANGUAGE

    def test_interrupt_request(self):
        """The control channel answers an interrupt at once, and the cell ends."""
        cell = self.session.start(self.code.long)
        self.session.until_text(cell, "on")
        interrupt = self.session.wait(self.session.send("interrupt_request", {}, "control"))
        self.assertEqual((interrupt.reply["msg_type"], interrupt.status), ("interrupt_reply", "ok"))
        self.assertEqual(interrupt.states, ["busy", "idle"])
        self.assertEqual(self.session.wait(cell).status, "error")
        self.expect(self.code.hello, "hi\n")

    def test_interrupt_idle(self):
        self.assertEqual(self.session.ask("interrupt_request", {}, "control"), {"status": "ok"})
        self.expect(self.code.hello, "hi\n")

    def test_interrupt_aborts_the_queue(self):
        cells = [self.session.start(code) for code in (self.code.long, self.code.hello)]
        self.session.until_text(cells[0], "on")
        self.session.ask("interrupt_request", {}, "control")
        self.assertEqual([self.session.wait(cell).status for cell in cells], ["error", "aborted"])

    def test_interrupt_input(self):
        cell = self.session.start(self.code.input, allow_stdin=True)
        self.session.client.get_stdin_msg(timeout=TIMEOUT)
        self.session.ask("interrupt_request", {}, "control")
        self.assertEqual(self.session.wait(cell).status, "error")
        self.expect(self.code.hello, "hi\n")


class ShutdownTest(unittest.TestCase):
    def shutdown(self, channel, restart):
        with Session() as session:
            process = session.manager.provisioner.process
            result = session.wait(session.send("shutdown_request", {"restart": restart}, channel), lambda r: r.reply)
            self.assertEqual(
                (result.reply["msg_type"], result.reply["content"]),
                ("shutdown_reply", {"status": "ok", "restart": restart}),
            )
            announced = lambda r: r.of("shutdown_reply")  # noqa: E731
            message_id = result.reply["parent_header"]["msg_id"]
            session.wait(message_id, lambda r: announced(r) or process.poll() is not None)
            session.pump()
            self.assertEqual(announced(result), [{"status": "ok", "restart": restart}])
            self.assertEqual(process.wait(TIMEOUT), 0)

    def test_shutdown_on_control(self):
        self.shutdown("control", False)

    def test_shutdown_for_restart(self):
        self.shutdown("control", True)

    def test_shutdown_on_shell(self):
        self.shutdown("shell", False)

    def test_restart(self):
        with Session() as session:
            for now in (False, True):
                session.execute(LANGUAGE.hello)
                session.manager.restart_kernel(now=now)
                session.client.wait_for_ready(timeout=TIMEOUT)
                result = session.execute(LANGUAGE.hello)
                self.assertEqual((result.status, result.text(), result.count), ("ok", "hi\n", 1))


if __name__ == "__main__":
    main()
