"""Tests of cells as users write them: statements without main, values, readable errors, special commands, input.

    .venv/bin/python kernel/nbtest/cells.py
"""

import re
import unittest

from live import TIMEOUT, Session, SessionTest, main


class CellsTest(SessionTest):
    def value(self, code):
        """Returns the text of a cell's execute_result."""
        result = self.session.execute(code)
        self.assertEqual((result.status, result.error), ("ok", ""), result)
        return [content["data"]["text/plain"] for content in result.of("execute_result")]

    # what a cell may look like

    def test_statements(self):
        for code, text in (
            ('fmt.Println("bare")', "bare\n"),
            ('%%\nfmt.Println("marked")', "marked\n"),
            ('import "fmt"\n%%\nfmt.Println("imported")', "imported\n"),
            ('func twice(x int) int { return 2 * x }\nfmt.Println(twice(21))', "42\n"),
            ('x := 1\nfunc inc(x int) int { return x + 1 }\nfmt.Println(inc(x))', "2\n"),
            ("for i := range 3 {\n\tfmt.Print(i)\n}", "012"),
            ('var greeting = "hi"', ""),
            ("fmt.Println(greeting)", "hi\n"),
            ("func main() { fmt.Println(greeting) }", "hi\n"),
            ("%main\nfmt.Println(greeting)", "hi\n"),
            ("// nothing but a comment", ""),
            ('s := `raw\nstring`\nfmt.Println(len(s))', "10\n"),
            ("fmt.Println(time.Duration(1500*time.Millisecond), os.Getenv(\"NO_SUCH\") == \"\")", "1.5s true\n"),
            ('fmt.Println("α → 界 😀")\r\n', "α → 界 😀\n"),
        ):
            with self.subTest(code=code):
                self.expect(code, text)

    def test_values(self):
        for code, values in (
            ("6*7", ["42"]),
            ('strings.ToUpper("go")', ["GO"]),
            ("%%\nx := 6\nx * 7", ["42"]),
            ("6*7;", []),
            ("x := 1\n_ = x", []),
            ('fmt.Println("printed")', []),
            ('func() { fmt.Println("no value") }()', []),
            ("strconv.Atoi(\"7\")", ["7"]),
            ("[]string{\n\t\"a\",\n\t\"b\",\n} // two", ["[a b]"]),
        ):
            with self.subTest(code=code):
                self.assertEqual(self.value(code), values)

    def test_call_without_value(self):
        """A call without a result is not shown as a value, although only the compiler knows that it has none."""
        self.session.execute('func greet(name string) { fmt.Println("hi", name) }')
        result = self.session.execute('greet("Ada")')
        self.assertEqual((result.status, result.text(), result.of("execute_result")), ("ok", "hi Ada\n", []))

    def test_order_of_outputs(self):
        """Text and displays appear in the order in which the cell produced them."""
        result = self.session.execute(
            'import "continuousnet/kernel/cell"\n%%\nfmt.Print("a")\ncell.Display("b")\n'
            'fmt.Print("c")\ncell.Display("d")\nfmt.Print("e")\n"f"'
        )
        seen = [m["content"].get("text") or m["content"]["data"]["text/plain"]
                for m in result.messages if m["msg_type"] in ("stream", "display_data", "execute_result")]
        self.assertEqual(seen, list("abcdef"))

    def test_directory(self):
        """Cells and commands run in the directory of the notebook."""
        self.expect("!pwd", self.session.scratch.name + "\n")
        self.expect('d, _ := os.Getwd()\nfmt.Println(d)', self.session.scratch.name + "\n")

    def test_special_commands(self):
        self.expect("!echo shell", "shell\n")
        self.expect('!echo one\n!echo two', "one\ntwo\n")
        self.expect("%%bash\nfor i in 1 2; do echo $i; done", "1\n2\n")
        self.assertEqual(self.session.execute("%%writefile note.txt\nhello").status, "ok")
        self.expect("!cat note.txt", "hello\n")
        self.assertEqual(self.session.execute("%env NB_X=5").status, "ok")
        self.expect('fmt.Println(os.Getenv("NB_X"))', "5\n")
        self.expect('%args a b\nfmt.Println(os.Args[1:])', "[a b]\n")

    def test_own_magics(self):
        self.assertRegex(self.session.execute("%usage").text(), r"(?i)dropped")
        helped = self.session.execute("%help").reply["content"]["payload"]
        self.assertIn("%usage", helped[0]["data"]["text/plain"])
        self.assertIn("%goflags", helped[0]["data"]["text/plain"])

    # errors

    def test_compile_error(self):
        """A compile error names the place in the cell, and shows the line with a caret, in the traceback too."""
        result = self.expect_error('x := 1\nfmt.Println(x)\n\tfmt.Println(  nothing)\n', "undefined: nothing")
        content = result.of("error")[0]
        self.assertIn("line 3", content["evalue"])
        lines = result.error.splitlines()
        at = next(i for i, line in enumerate(lines) if "fmt.Println(  nothing)" in line)
        self.assertEqual(lines[at].index("nothing"), lines[at + 1].index("^"), result.error)
        self.assertNotIn("main.go", result.error)

    def test_error_in_an_earlier_declaration(self):
        """The declarations of a cell that fails are not kept, so the next cell runs."""
        self.expect_error("func broken() int { return nowhere }", "undefined: nowhere", "line 1")
        self.expect('fmt.Println("on")', "on\n")

    def test_syntax_error(self):
        self.expect_error('fmt.Println("a"', "line 1")
        self.expect_error("for i := 0; i < 3 {\n}", "line 1")

    def test_hints(self):
        self.session.execute("value := 5\nfmt.Println(value)")
        for code, message, hint in (
            ("unused := 1", "declared and not used: unused", r"_ = unused"),
            ('import . "math"\n%%\nfmt.Println(1)', "imported and not used", r"(?i)remove"),
            ("fmt.Println(value)", "undefined: value", r"cell \[\d+\].* do not pass from cell to cell"),
            ("%%\nfunc f() {}", "", r"(?i)above|before"),
            ('import "example.com/no/such/module"\n%%\nmodule.X()', "example.com/no/such/module", r"go get"),
        ):
            with self.subTest(code=code):
                result = self.expect_error(code, message)
                self.assertRegex(result.error, hint)

    def test_dot_import_heals(self):
        """A dot import in one cell does not break the next one, or the error says how to remove it."""
        self.session.execute('import . "math"\n%%\nfmt.Println(Sqrt(4))')
        result = self.session.execute('fmt.Println("after")')
        if result.status == "ok":
            self.assertEqual(result.text(), "after\n")
        else:
            remedy = re.search(r"%rm .*", result.error)
            self.assertTrue(remedy, result.error)
            self.session.execute(remedy[0])
            self.expect('fmt.Println("after")', "after\n")

    def test_panic(self):
        """A panic shows its message and the user's frames, innermost first; frames of the runtime are summarised."""
        code = (
            'func inner(xs []int) int { return xs[5] }\nfunc outer() int {\n\treturn inner(nil)\n}\n'
            'fmt.Println("before")\nfmt.Println(outer())'
        )
        result = self.expect_error(code, "index out of range [5] with length 0")
        self.assertEqual(result.text(), "before\n")
        positions = [result.error.find(text) for text in ("index out of range", "inner", "outer")]
        self.assertEqual(positions, sorted(positions), result.error)
        self.assertNotIn("0x", result.error)
        self.assertIn("line 1", result.error)
        self.assertNotIn("goroutine 1 [running]", result.text("stderr"))

    def test_panic_with_error(self):
        self.expect_error('panic(fmt.Errorf("wrapped: %w", os.ErrNotExist))', "wrapped: file does not exist")

    def test_deadlock(self):
        self.expect_error("select {}", "deadlock")

    def test_exit(self):
        result = self.expect_error('fmt.Println("leaving")\nos.Exit(3)', "3")
        self.assertEqual(result.text(), "leaving\n")

    def test_stderr_is_no_error(self):
        result = self.session.execute('fmt.Fprintln(os.Stderr, "careful")')
        self.assertEqual((result.status, result.text("stderr"), result.of("error")), ("ok", "careful\n", []))

    # input

    def answer(self, code, *values):
        cell = self.session.start(code, allow_stdin=True)
        for value in values:
            request = self.session.client.get_stdin_msg(timeout=TIMEOUT)
            self.assertEqual(request["parent_header"]["msg_id"], cell)
            self.session.client.input(value)
        result = self.session.wait(cell)
        self.assertEqual((result.status, result.error), ("ok", ""), result)
        return result.text()

    def test_input(self):
        twice = 'r := bufio.NewScanner(os.Stdin)\nfor range 2 { r.Scan(); fmt.Println("got", r.Text()) }'
        self.assertEqual(self.answer(twice, "Ada L.", "ünï"), "got Ada L.\ngot ünï\n")
        self.assertEqual(self.answer("!read x; echo $x", "shell"), "shell\n")

    def test_input_is_not_asked_without_need(self):
        cell = self.session.start('time.Sleep(time.Second)\nfmt.Println("done")', allow_stdin=True)
        self.assertEqual(self.session.wait(cell).text(), "done\n")
        self.assertFalse(self.session.client.stdin_channel.msg_ready())


class ResetTest(unittest.TestCase):
    def test_reset(self):
        with Session() as session:
            session.execute("var kept = 1")
            self.assertEqual(session.execute("%reset").status, "ok")
            result = session.execute("fmt.Println(kept)")
            self.assertIn("undefined: kept", result.error)


if __name__ == "__main__":
    main()
