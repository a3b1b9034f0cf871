"""Tests of cells as users write them: statements without main, values, readable errors, special commands, input.

    .venv/bin/python kernel/nbtest/cells.py
"""

import re
import shutil
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
            ("[]string{\n\t\"a\",\n\t\"b c\",\n} // two", ['[]string{"a", "b c"}']),
            ('[]byte("text")', ["text"]),
            ("[]time.Duration{time.Second}", ["[]time.Duration{1s}"]),
            ("func(int) string { return \"\" }", ["func(int) string"]),
            ('fmt.Fprintln(io.Discard, "written")', []),
            ('io.Copy(io.Discard, strings.NewReader("copied"))', []),
            ("var b strings.Builder\nb.WriteString(\"x\")", []),
            ("1, \"a\"", ['1, "a"']),
            ("make([]int, 17000)[:3]", ["[]int{0, 0, 0}"]),
            ("1500 * time.Millisecond", ["1.5s"]),
        ):
            with self.subTest(code=code):
                self.assertEqual(self.value(code), values)

    def test_values_of_own_types(self):
        """Types of cells have their name alone, pointers to structs are shown by content, slices of structs as tables."""
        self.session.execute("type point struct{ X, Y int }\ntype both[A, B any] struct {\n\tA A\n\tB B\n}")
        for code, values in (
            ("&point{1, 2}", ["&point{X: 1, Y: 2}"]),
            ("[]any{point{1, 2}, []point(nil)}", ["[]any{point{X: 1, Y: 2}, nil}"]),
            ('both[string, point]{A: "a"}', ['both[string,point]{A: "a", B: point{X: 0, Y: 0}}']),
            ("func(point) *point { return nil }", ["func(point) *point"]),
            ("[]point{{1, 20}, {3, 4}}", ["   X   Y\n0  1  20\n1  3   4"]),
        ):
            with self.subTest(code=code):
                self.assertEqual(self.value(code), values)
        result = self.session.execute("make([]point, 1234)").of("execute_result")[0]["data"]
        self.assertIn("… 1,234 rows", result["text/plain"])
        self.assertIn("<table", result["text/html"])

    def test_long_values(self):
        """A long value is abbreviated with its length, and its text is never long."""
        for code, length in (
            ("make([]int, 10000)", "10,000 elements"),
            ("make([]byte, 10000)", "10,000 bytes"),
            ("make([][]float64, 10000)", "10,000 elements"),
            ('strings.Repeat("x", 100000)', "91,808 bytes more"),
            ("m := map[int]int{}\nfor i := range 10000 {\n\tm[i] = i\n}\nm", "10,000 entries"),
        ):
            with self.subTest(code=code):
                text = self.value(code)[0]
                self.assertIn(length, text)
                self.assertLess(len(text), 9000)

    def test_error_values(self):
        """An error is shown in red; what came with it as well, unless that is zero."""
        for code, text in (
            ('errors.New("<no>")', "<no>"),
            ('strconv.Atoi("x")', 'strconv.Atoi: parsing "x": invalid syntax'),
            ('func() (int, error) { return 3, io.EOF }()', "3\nEOF"),
            ('fmt.Sscan("x", new(int))', "expected integer"),
        ):
            with self.subTest(code=code):
                data = self.session.execute(code).of("execute_result")[0]["data"]
                self.assertEqual(data["text/plain"], text)
                self.assertRegex(data["text/html"], r'<pre style="color:#d32f2f')

    def test_call_without_value(self):
        """A call without a result is not shown as a value, although only the compiler knows that it has none."""
        self.session.execute('func greet(name string) { fmt.Println("hi", name) }')
        result = self.session.execute('greet("Ada")')
        self.assertEqual((result.status, result.text(), result.of("execute_result")), ("ok", "hi Ada\n", []))
        self.session.execute('func write(name string) { fmt.Println("to", name) }')
        result = self.session.execute('write("Ada")')
        self.assertEqual((result.status, result.text(), result.of("execute_result")), ("ok", "to Ada\n", []))

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

    def test_program_has_what_is_reached(self):
        """A cell's program has the declarations that the cell reaches, and grows with no other."""
        names = [f"Apart{i}" for i in range(50)]
        self.expect("\n".join(f"type {n} struct{{ A int }}\nfunc (a {n}) Far() int {{ return a.A }}" for n in names), "")
        self.expect("fmt.Println(Apart7{3}.Far())", "3\n")
        program = self.session.execute("!*cat main.go").text()
        self.assertIn("type Apart7 struct", program)
        self.assertLess(program.count("\n"), 50, program)
        self.expect("fmt.Println(Apart8{4}.Far(), Apart7{5}.Far())", "4 5\n")

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
        self.session.execute("r, w := io.Pipe()\nprivate := rand.NewPCG(1, 2)\nlen := 5\n_, _, _, _ = r, w, private, len")
        for code, message, hint in (
            ("func main() { unused := 1 }", "declared and not used: unused", r"_ = unused"),
            ('import . "math"\n%%\nfmt.Println(1)', "imported and not used", r"(?i)remove"),
            ("fmt.Println(r)", "r.pipe.wrCh holds a channel", r"does not last between cells"),
            ("%%\nfunc f() {}", "", r"(?i)above|before"),
            ('import "example.com/no/such/module"\n%%\nmodule.X()', "example.com/no/such/module", r"go get"),
        ):
            with self.subTest(code=code):
                result = self.expect_error(code, message)
                self.assertRegex(result.error, hint)

    def test_abbreviated(self):
        """What is long is abbreviated, with its length."""
        [text] = self.value("make([]int, 17000)")
        self.assertIn("17,000 elements", text)
        self.assertLess(len(text), 500)

    def test_lines_that_look_like_commands(self):
        """In raw strings, comments and expressions, lines that begin with % or ! are Go."""
        self.expect('s := `a\n!echo no\n%env\nb`\nfmt.Printf("%q", s)', r'"a\n!echo no\n%env\nb"')
        self.expect('/*\n!echo no\n*/\nfmt.Print(true &&\n!false)', "true")
        self.expect('fmt.Print([]bool{\n!true,\n!false,\n})', "[false true]")
        self.expect('for range 1 {\n!echo shell\nfmt.Println("go")\n}', "shell\ngo\n")
        self.expect_error("x := 7\ny := x\n%2", "line 3")

    def test_commands(self):
        for code, text in (
            ("%env A_B=b c d", "Set: A_B=\"b c d\"\n"),
            ("%env A_B", "b c d\n"),
            ("!echo $A_B", "b c d\n"),
            ("%time fmt.Println(1)", r"1\ntime .*, processor .*"),
            ("%%time\nfmt.Println(1)", r"1\ntime .*, processor .*"),
            ("%pwd", r"/.*"),
            ("%lsmagic", r".*%%html.*%who.*"),
            ("%env", r".*A_B=b c d\n.*"),
        ):
            with self.subTest(code=code):
                result = self.session.execute(code)
                self.assertEqual(result.status, "ok", result)
                self.assertRegex(result.text(), re.compile(text, re.S))
                self.assertNotIn("TOKEN", result.text())
        result = self.session.execute("import \"testing\"\nfunc TestIt(t *testing.T) { t.Log(1) }\n%test -v -run It")
        self.assertRegex(result.text(), r"Cell \[\d+\] line 2: 1\n--- PASS: TestIt")
        for code, kind in (("%%html", "html"), ("\n%%html", "html"), ("%%markdown", "markdown"), ("%%md", "markdown"),
                           ("%%latex", "latex")):
            result = self.session.execute(code + "\n<b>bold</b>")
            self.assertEqual(result.of("display_data")[0]["data"]["text/" + kind], "<b>bold</b>")
        self.expect("\n%%writefile of_a_cell.txt\nhello", "")
        self.expect("!cat of_a_cell.txt", "hello\n")

    def test_unknown_commands(self):
        """An unknown command is an error that names the near ones."""
        self.expect_error("%tine f()", "no command %tine", "%time")
        self.expect_error("%%htm\nx", "no command %%htm", "%%html")
        self.expect_error("%env NO_SUCH_VARIABLE", "NO_SUCH_VARIABLE")
        self.expect_error("%cd /no/such/folder", "/no/such/folder")
        self.expect_error("%%writefile /no/such/folder/x\nhi", "not written", "/no/such/folder/x")

    def test_go_variables(self):
        """What would build programs for another machine, or none, is refused in one line that says what to do."""
        for code, words in (
            ("%env GOOS=windows", "`!GOOS=windows go build ...`"),
            ("%env GOARCH wasm", "`!GOARCH=wasm go build ...`"),
            ("%env GOFLAGS=-race", "%goflags"),
            ("%env GOTOOLCHAIN=go1.2", "install the kernel again"),
            ("%env GOEXPERIMENT=nonsense", "GOEXPERIMENT=nonsense the go command does not run"),
        ):
            with self.subTest(code=code):
                self.assertNotIn("\n", self.expect_error(code, words).error.split("\n", 2)[2])
        self.expect("fmt.Println(1)", "1\n")

    def test_path(self):
        """A cell may set PATH, which GoNB would look for its own programs in."""
        before = self.session.execute("%env PATH").text()
        self.session.execute("%env PATH=/no/such/folder")
        self.expect("fmt.Println(1)", "1\n")
        self.session.execute("%env PATH=" + before)
        self.expect("!true && echo 2", "2\n")

    def test_absent_imports(self):
        """An import of a package that there is not is an error, also where nothing uses it; packages near are named."""
        for code, *words in (
            ('import "fmtt"', "line 1: package fmtt is not in std", "hint: there is fmt"),
            ('import (\n\t"os"\n\t"rand"\n)\nx := 1', "line 3: package rand", "math/rand"),
            ("import `example.org/no/such`", "line 1: no required module", "!*go get example.org/no/such@latest"),
            ('import "nosuch"\nnosuch.F()', "line 1: package nosuch is not in std", "!*go work use DIR"),
        ):
            with self.subTest(code=code):
                self.expect_error(code, *words)
        self.expect('import "os"', "")

    def test_imports_of_one_name(self):
        """Of two packages of one name, the one that was imported last is meant."""
        self.expect('import "math/rand"\n%%\nfmt.Println(rand.Intn(1))', "0\n")
        self.expect('import "crypto/rand"\n%%\nfmt.Println(len(rand.Text()) > 20)', "true\n")
        self.expect('import "math/rand/v2"\n%%\nfmt.Println(rand.IntN(1))', "0\n")
        self.expect("fmt.Println(rand.IntN(1))", "0\n")

    def test_names_of_the_kernels_own_calls(self):
        """Nothing that a cell declares hides what the kernel writes into a program."""
        self.expect("flag := 3\nfmt.Println(flag)", "3\n")
        self.expect("type flag struct{ A int }\nfmt.Println(flag{4}.A)", "4\n")
        self.expect("func flag() int { return 5 }", "")
        self.expect("fmt.Println(flag())", "5\n")
        self.session.execute("%reset")
        self.expect('import "flag"\nvar n = flag.Int("n", 7, "a flag")\n%% -n 9\nfmt.Println(*n)', "9\n")
        self.session.execute("%args\n%reset")

    def test_wasm(self):
        """A cell in WebAssembly is built without what it does not reach; another one follows."""
        self.addCleanup(shutil.rmtree, "jupyter_files", ignore_errors=True)  # where a browser would load it from
        with Session() as session:
            self.assertEqual(session.execute("n := 1\nfunc f() int { return n }").status, "ok")
            result = session.execute('%wasm\nimport "syscall/js"\n%%\njs.Global()')
            self.assertEqual(result.status, "ok", result.error)
            self.assertEqual(session.execute("fmt.Println(f())").text(), "1\n")

    def test_copied_text(self):
        """A byte order mark does not matter; a no-break space is named."""
        self.expect('\ufefffmt.Println("mark")', "mark\n")
        self.expect_error('\u00a0fmt.Println("space")', "U+00A0", "type it anew")

    def test_embed(self):
        self.session.execute("%%writefile data.txt\nhello")
        self.expect('import _ "embed"\n//go:embed data.txt\nvar text string\nfmt.Print(text)', "hello\n")
        self.expect("fmt.Print(text)", "hello\n")
        self.expect_error('import _ "embed"\n//go:embed missing.txt\nvar missing string', "missing.txt", "line 3")

    @unittest.skipUnless(shutil.which("gcc") or shutil.which("clang"), "no C compiler")
    def test_cgo(self):
        self.expect('// static int three() { return 3; }\nimport "C"\nn := int(C.three())\nfmt.Print(n)', "3")
        self.expect("fmt.Print(n + int(C.three()))", "6")

    def test_positions(self):
        """Stacks and loggers name the cell and its own line."""
        result = self.session.execute("x := 1\n_ = x\ndebug.PrintStack()\nlog.SetFlags(log.Lshortfile)\nlog.Print(2)")
        self.assertRegex(result.text("stderr"), r"(?s)main\.main\(\)\n\t *Cell \[\d+\] line 3 .*Cell \[\d+\] line 5: 2\n")
        self.assertNotIn("main.go", result.text("stderr"))
        self.session.execute("func where() string {\n\t_, file, line, _ := runtime.Caller(1)\n\treturn file + fmt.Sprint(line)\n}")
        code = "w := where()\nfunc nothing() {\n\tfmt.Println(w, where())\n\tlog.SetOutput(os.Stdout)\n\tlog.Print(2)\n}\nnothing()"
        result = self.session.execute("log.SetFlags(log.Lshortfile)\n" + code)
        cell = f"Cell [{result.count}]"
        self.assertEqual(result.text(), f"{cell}2 {cell}4\n{cell} line 6: 2\n")
        result = self.session.execute("nothing()")
        self.assertIn(f"{cell}2 {cell}4\n", result.text())

    @unittest.skipUnless(shutil.which("gcc") or shutil.which("clang"), "no C compiler")
    def test_race(self):
        """A race report names the cell and its lines, and so does runtime.Caller with flags of go build."""
        self.session.execute("%goflags -race")
        result = self.session.execute("_, file, line, _ := runtime.Caller(0)\nfmt.Println(file, line)")
        self.assertEqual(result.text(), f"Cell [{result.count}] 1\n")
        result = self.session.execute("n, done := 0, make(chan bool)\ngo func() { n++; done <- true }()\nn++\n<-done")
        self.session.execute('%goflags ""')
        text = result.text("stderr")
        self.assertIn("WARNING: DATA RACE", text, result)
        self.assertEqual({int(line) for line in re.findall(rf"Cell \[{result.count}\] line (\d+)", text)}, {2, 3})
        self.assertNotIn("main.go", text)

    def test_stack_overflow(self):
        self.expect_error("func deep(n int) int { return deep(n+1) + 1 }\ndeep(0)", "stack overflow", "line 2")

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

    def test_panic_with_values(self):
        """The value of a panic is shown as other values are, never as an address; recover gets it as it is."""
        self.session.execute("type fail struct {\n\tCode int\n\tErr  error\n}\ntype grade int")
        for code, text in (
            ("panic(fail{7, io.EOF})", "panic: fail{Code: 7, Err: EOF}"),
            ("panic(&fail{7, nil})", "panic: &fail{Code: 7, Err: nil}"),
            ('panic(struct{ A, B string }{"a b", ""})', 'panic: {A: "a b", B: ""}'),
            ("panic(map[string]int{})", "panic: map[string]int{}"),
            ("go func() { panic([]any{1, nil}) }()\nselect {}", "panic: []any{1, nil}"),
            ("defer func() { panic(recover()) }()\npanic(fail{8, nil})", "panic: fail{Code: 8, Err: nil}"),
            ("panic(grade(5))", "panic: grade(5)"),
        ):
            with self.subTest(code=code):
                self.assertNotIn("0x", self.expect_error(code, text).error)
        self.expect("func() {\n\tdefer func() { fmt.Println(recover().(fail).Code) }()\n\tpanic(fail{9, nil})\n}()", "9\n")

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
