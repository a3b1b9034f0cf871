"""Tests of the variables that pass from cell to cell.

    .venv/bin/python kernel/nbtest/variables.py
"""

import unittest

import psutil

from live import Session, SessionTest, main


class VariablesTest(SessionTest):
    def value(self, code):
        """Returns the text of a cell's execute_result."""
        result = self.session.execute(code)
        self.assertEqual((result.status, result.error), ("ok", ""), result)
        return [content["data"]["text/plain"] for content in result.of("execute_result")]

    def run_all(self, *cells):
        for code in cells:
            self.assertEqual(self.value(code), [], code)

    def test_alone(self):
        """A definition alone compiles, and the next cell reads the value."""
        self.run_all("alone := 1", "var declared = alone + 1", "n, err := strconv.Atoi(\"x\")")
        self.assertEqual(self.value("alone + declared"), ["3"])
        self.assertEqual(self.value("err != nil && n == 0"), ["true"])

    def test_own_names_of_packages(self):
        """A variable may have the name of a package: also flag, of which every cell has a call."""
        self.run_all("flag := true")
        self.assertEqual(self.value("flag == true"), ["true"])
        self.expect("func on() bool { return flag }\nif flag {\n\tfmt.Println(on())\n}", "true\n")
        self.run_all("%reset flag")
        self.expect('import "flag"\nn := flag.Int("n", 3, "")\n%args -n=4\nflag.Parse()\nfmt.Println(*n)', "4\n")
        self.assertEqual(self.value("big := new(big.Int).Exp(big.NewInt(2), big.NewInt(70), nil)\nbig"),
                         ["1180591620717411303424"])
        self.expect_error("big.Text(16)", "big was defined by cell [", "name of a package")
        self.expect('time := time.Duration(1500)\nfmt.Println(time)', "1.5µs\n")

    def test_functions_see_them(self):
        self.expect("v := 5\nfunc sees() int { return v }\nfmt.Println(sees())", "5\n")
        self.run_all("v = 6")
        self.expect("fmt.Println(sees())", "6\n")

    def test_order(self):
        """What statements and variables do takes place in the order of the cell."""
        self.expect('fmt.Print("a")\nvar second = func() int { fmt.Print("b"); return 2 }()\nfmt.Print(second)', "ab2")

    def test_zero(self):
        """A declaration without a value makes the variable zero again."""
        self.run_all("again := 7")
        self.expect("fmt.Print(again)\nvar again int\nfmt.Print(again)", "70")

    def test_initialised_once(self):
        """A variable is computed in its own cell alone, and again when that cell runs again; init likewise."""
        code = 'var loud = func() int { fmt.Println("LOADING"); return 3 }()\nfunc init() { fmt.Println("INIT") }'
        self.expect(code, "LOADING\nINIT\n")
        self.expect('fmt.Println("unrelated")', "unrelated\n")
        self.expect("fmt.Println(loud)", "3\n")
        self.expect(code, "LOADING\nINIT\n")

    def test_memory_is_shared(self):
        self.run_all("type node struct { next *node; v int }\nfirst := &node{v: 1}\nfirst.next = first\nsame := first",
                     "numbers := []float64{1, 2, 3, 4}\nwindow := numbers[1:3]\nthird := &numbers[2]\nvar held any = first",
                     "first.v = 7\nwindow[1] = 30")
        self.assertEqual(self.value("same.next.next.v"), ["7"])
        self.assertEqual(self.value("held.(*node) == first"), ["true"])
        self.expect("fmt.Println(*third, numbers[2], &window[1] == third)", "30 30 true\n")

    def test_other_type(self):
        """A name may get another type; a function that depended on the old one is named where it does not fit."""
        self.run_all("changing := 1", "func uses() int { return changing + 1 }", "changing := fmt.Sprint(changing, \"!\")")
        self.assertEqual(self.value("changing"), ["1!"])
        self.expect_error("uses()", "cell [", "changing")
        self.run_all("changing := 4")
        self.assertEqual(self.value("uses()"), ["5"])

    def test_changed_type(self):
        """When a type changes, its variables are refitted field by field, and that is said."""
        self.run_all("type point struct { x, y int }\nat := point{1, 2}")
        result = self.session.execute("type point struct { y, z int }\nfmt.Println(at.y, at.z)")
        self.assertEqual((result.status, result.text()), ("ok", "2 0\n"), result)
        self.assertIn("point has changed", result.text("stderr"))

    def test_plain_values(self):
        """A cell that only reads plain values has them as literals, and one that may change them keeps them."""
        self.session.execute(
            'type city struct {\n\tName string\n\tat [2]float64\n}\n'
            'cities := []city{{"Bonn", [2]float64{50.73, 7.1}}}\nvotes := map[string]int{"yes": 3}\nlimit := 0.1',
        )
        reads = 'for _, c := range cities {\n\tfmt.Println(c.Name, c.at[0], limit)\n}\nfmt.Println(votes)'
        change = 'cities[0].at[0]++\nvotes["no"]++\nlimit *= 3'
        for north, share, votes in ((50.73, "0.1", "yes:3"), (51.73, "0.30000000000000004", "no:1 yes:3")):
            self.expect(reads, f"Bonn {north} {share}\nmap[{votes}]\n")
            program = self.session.execute("!*cat cnet.go").text()
            self.assertIn('"Bonn"', program)
            self.assertNotIn("kernel/values", program)
            self.expect(change, "")
        [value] = [r["data"]["text/plain"] for r in self.session.execute("votes").of("execute_result")]
        self.assertIn("no", value)

    def test_lost(self):
        """What cannot be kept is named where it is used next, with what to do; setting it again helps."""
        self.run_all("closure := func() int { return 1 }\nc := make(chan int)\nfile := os.Stdin\nkept := 1")
        self.expect_error("closure()", "closure is a func value", "declare it with func")
        self.expect_error("close(c)", "c is a chan")
        self.run_all("kept++", "c := 5")
        self.assertEqual(self.value("c"), ["5"])

    def test_identity(self):
        self.run_all('eof := io.EOF\nwrapped := fmt.Errorf("w: %w", io.EOF)\nupper := strings.ToUpper\nzone := time.Local')
        self.expect('fmt.Println(eof == io.EOF, errors.Is(wrapped, io.EOF), upper("a"), zone == time.Local)',
                    "true true A true\n")

    def test_unnamed_types(self):
        """Values of types that no cell can name are there in cells that do not call what has made them."""
        self.run_all('joined := errors.Join(io.EOF, os.ErrNotExist)', 'ctx := context.WithValue(context.Background(), "k", 5)',
                     'import "crypto/sha256"\nhash := sha256.New()\n_, _ = hash.Write([]byte("a"))', "copied := joined")
        self.expect("fmt.Println(errors.Is(copied, os.ErrNotExist), copied == joined)", "true true\n")
        self.expect('fmt.Println(ctx.Value("k"))', "5\n")
        self.expect('hash.Write([]byte("b"))\nfmt.Printf("%x", hash.Sum(nil)[:4])', "fb8e20fc")

    def test_forgotten_type(self):
        self.run_all("type forgotten struct{ v int }\nof := []forgotten{{1}}", "%reset forgotten")
        self.expect_error("len(of)", "of is of type forgotten", "%reset of")

    def test_full_disk(self):
        """What cannot be written takes no other variable along, and the next use says why it is not there."""
        self.run_all("small := 1")
        limit = "syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 8192, Max: 1 << 40})\n"
        result = self.session.execute(limit + "small = 2\nlarge := make([]float64, 100000)")
        self.assertIn("large: its value could not be kept", result.text("stderr"), result)
        self.assertEqual(self.value("small"), ["2"])
        self.expect_error("large", "large could not be written", "too large")

    def test_after_a_failure(self):
        """The values of a cell that panics are kept, those of one that is killed are not: the last ones stay."""
        self.run_all("steps := 1")
        self.expect_error('steps = 2\npanic("oh")\nnever := 3', "oh")
        self.assertEqual(self.value("steps"), ["2"])
        self.expect_error("never", "never has no value")
        self.session.execute("steps = 3\nsyscall.Kill(os.Getpid(), syscall.SIGKILL)")
        self.assertEqual(self.value("steps"), ["2"])
        self.session.execute("steps = 4\nos.Exit(3)")
        self.assertEqual(self.value("steps"), ["4"])

    def test_after_a_panic_in_a_goroutine(self):
        """A panic in another goroutine keeps what its cell has set up to it."""
        self.run_all("seen := []int{1}")
        error = self.expect_error('go func() { seen = append(seen, 2); panic("oh") }()\nselect {}', "oh", "line 1").error
        self.assertNotIn("cnet_", error)
        self.assertEqual(self.value("len(seen)"), ["2"])
        self.expect_error("func bad(i int) { seen[i] = 1 }\nvar wg sync.WaitGroup\n"
                          "wg.Go(func() { seen = append(seen, 3); bad(5) })\nwg.Wait()", "out of range", "line 1")
        self.assertEqual(self.value("len(seen)"), ["3"])
        self.expect_error('import "golang.org/x/sync/errgroup"\nvar group errgroup.Group\n'
                          "group.Go(func() error { seen = append(seen, 4); bad(5); return nil })\ngroup.Wait()", "out of range")
        self.assertEqual(self.value("len(seen)"), ["4"])
        self.expect_error("{ ctx, cancel := context.WithCancel(context.Background())\n"
                          "context.AfterFunc(ctx, func() { seen = append(seen, 5); bad(9) })\ncancel() }\nselect {}", "out of range")
        self.assertEqual(self.value("len(seen)"), ["5"])
        self.expect_error("seen = nil\nbad2 := func() { bad(0) }\n{ go bad2() }\nselect {}", "out of range")
        self.assertEqual(self.value("seen == nil"), ["true"])

    def test_who_and_reset(self):
        self.run_all("listed := []int{1}\ntype mine int\nother := mine(2)")
        text = self.session.execute("%who").text()
        self.assertRegex(text, r"listed +\[\]int +\d+ ")
        self.assertRegex(text, r"other +mine +\d+ ")
        self.run_all("%reset listed")
        self.assertNotIn("listed", self.session.execute("%whos").text())
        self.expect_error("listed", "undefined: listed")
        self.expect_error("%reset nothing", "nothing")

    def test_completion(self):
        """Completion and hover know the variables with their types."""
        self.run_all("when := time.Now()\ntype rocket struct { Height int }\nship := rocket{}")
        for code, match in (("when.Ye", "Year"), ("ship.He", "Height"), ("shi", "ship")):
            content = self.session.ask("complete_request", {"code": code, "cursor_pos": len(code)})
            self.assertTrue(any(match in m for m in content["matches"]), (code, content))
        content = self.session.ask("inspect_request", {"code": "ship", "cursor_pos": 2})
        self.assertIn("rocket", content["data"]["text/plain"])

    def test_vet(self):
        """Go's commands in a cell see the whole program of the cell before."""
        self.session.execute("vetted := 5")
        self.session.execute("println(vetted)")
        result = self.session.execute("!*go vet")
        self.assertEqual((result.status, result.text("stderr")), ("ok", ""), result)

    def test_names_of_packages(self):
        """A variable may have the name of a package that an earlier cell has imported."""
        self.run_all('import "path"\n_ = path.Base("a/b")', 'path := "mine"')
        self.assertEqual(self.value("path + \"!\""), ["mine!"])

    def test_blocks_keep_their_own(self):
        self.run_all("for i := range 3 { inner := i; _ = inner }", "if cond := true; cond { }")
        self.expect_error("inner", "undefined: inner")
        self.expect_error("func main() { own := 1 }", "declared and not used: own")

    def test_run_without_its_rate(self):
        """A cell that uses a run, and has not registered its rate, is told so."""
        self.run_all(
            'import (\n\t"continuousnet/cnet"\n\t"continuousnet/cnet/engine/fmap"\n\t"continuousnet/cnet/notebook"\n'
            '\t"continuousnet/cnet/rate"\n)\nfunc register() {\n\terr := rate.Register(rate.Rate{Name: "own", '
            'Weights: func(w *rate.Weights) { w.Conv("a", w.Channels, w.Channels, 3) }, '
            'Build: func(b *rate.Builder, x fmap.Map) fmap.Map { return b.Conv(x, "a", false) }})\n'
            '\tif err != nil {\n\t\tpanic(err)\n\t}\n}\nregister()\n'
            'run := cnet.MustOpen("own", cnet.Config{Rate: "own", Channels: 4})')
        for call in ("Info(run)", "Train(run)", "Predictions(run, 4)", "Weights(run)"):
            said = self.expect_error("notebook." + call, "exit status 1").text("stderr")
            self.assertIn('its net has the rate "own", which is not registered', said)
            self.assertIn("each cell is a program of its own", said)
        result = self.session.execute("register()\nnotebook.Info(run)")
        self.assertEqual(result.status, "ok", result)
        self.run_all("%reset run")


# A variable whose initialiser leaves a trace each time that it runs.
COUNTED = """
var counted = func() int {
	f, err := os.OpenFile("count", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	f.WriteString("x")
	return 1
}()
"""


class RestartTest(unittest.TestCase):
    def test_restart(self):
        """After GoNB was started again the values are there; after a restart of the kernel they are gone."""
        with Session() as session:
            session.execute("survivor := 41")
            session.execute(COUNTED)
            for process in psutil.Process(session.pid).children(recursive=True):
                if process.name() == "gonb":
                    process.kill()
            result = session.execute("survivor + 1")
            if result.status == "error":  # the cell was sent to the GoNB that ended
                result = session.execute("survivor + 1")
            self.assertEqual([c["data"]["text/plain"] for c in result.of("execute_result")], ["42"], result)
            self.assertEqual(session.execute('count, _ := os.ReadFile("count")\nfmt.Print(counted, len(count))').text(), "1 1")
        with Session() as session:
            self.assertIn("undefined: survivor", session.execute("survivor").error)


if __name__ == "__main__":
    main()
