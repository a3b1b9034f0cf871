"""Tests of what cells show: JSON as objects, updates in the saved notebook, and very many outputs.

    .venv/bin/python kernel/nbtest/displays.py

With CNET_FLOOD_SECONDS=60 the endless cells run for 60 seconds each.
"""

import os
import re
import time

import nbformat
import psutil
from nbclient import NotebookClient

from live import KERNEL, TIMEOUT, SessionTest, main

MEGABYTE = 1 << 20
FLOOD_SECONDS = float(os.environ.get("CNET_FLOOD_SECONDS", "0"))
CELL = 'import "continuousnet/kernel/cell"\n%%\n'
PROTOCOL = 'import (\n"github.com/janpfeifer/gonb/gonbui"\n"github.com/janpfeifer/gonb/gonbui/protocol"\n)\n%%\n'


class WidgetPage:
    """The scripts of GoNB's widgets in a page: they open a comm, and send the first value of each widget over it."""

    def __init__(self, session):
        self.session, self.comm, self.acknowledged, self.values = session, "page", False, {}
        # A page runs the scripts of those outputs that come when it is there.
        self.seen = {m["header"]["msg_id"] for result in session.results.values() for m in result.messages}

    def send(self, address, value):
        self.session.send("comm_msg", {"comm_id": self.comm, "data": {"address": address, "value": value}})

    def follow(self):
        """Acts on the messages that have come since the last call, those in answer to its own as well."""
        for message in [m for result in self.session.results.values() for m in result.messages]:
            if message["header"]["msg_id"] in self.seen:
                continue
            self.seen.add(message["header"]["msg_id"])
            content = message["content"]
            html = content.get("data", {}).get("text/html", "")
            if kernel := re.search(r'_kernel_id: "([^"]*)"', html):
                opening = {"comm_id": self.comm, "target_name": "gonb_comm", "kernel_id": kernel[1], "data": {}}
                self.session.send("comm_open", opening)
            elif widget := re.search(r'newSyncedVariable\("(/[^"]*)"', html):
                self.values[widget[1]] = "3" if "slider" in html else 0
                if self.acknowledged:
                    self.send(widget[1], self.values[widget[1]])
            elif message["msg_type"] == "comm_msg" and content["data"]["address"] == "#heartbeat/ping":
                self.send("#heartbeat/pong", True)
            elif message["msg_type"] == "comm_msg" and content["data"]["address"] == "#comm_open_ack":
                self.acknowledged = True
                for address, value in self.values.items():
                    self.send(address, value)


class WithoutPageTest(SessionTest):
    def test_gonb_widgets(self):
        """Where no page runs the scripts of GoNB's widgets, they have their first values, and the cell goes on."""
        widgets = 'import "github.com/janpfeifer/gonb/gonbui/widgets"\n%%\n'
        code = widgets + (
            'widgets.Button("b").Done()\nlist := widgets.Select([]string{"a", "b", "c"}).SetDefault(2).Done()\n'
            'slider := widgets.Slider(0, 10, 3).Done()\nfmt.Println(slider.Value(), list.Value())\n'
        )
        # At once, GoNB takes the comm of the cell before for open; after a second it asks.
        for wait in ("", "time.Sleep(1200*time.Millisecond)\n", "", ""):
            result = self.session.execute(code.replace("slider :=", wait + "slider :="))
            self.assertEqual((result.status, result.text()), ("ok", "3 2\n"), result)
            self.assertEqual(result.text("stderr").count("No page runs the scripts"), 1, result)
            self.assertNotIn("cnet-page", [content["comm_id"] for content in result.of("comm_msg")])
        many = widgets + (
            'var all sync.WaitGroup\nvar done atomic.Int32\n'
            "for range 20 {\nall.Go(func() {\n"
            'widgets.Button("b").Done()\nwidgets.Slider(0, 10, 3).Done()\ndone.Add(1)\n})\n}\n'
            'all.Wait()\nfmt.Println(done.Load())'
        )
        result = self.expect(many, "20\n")
        scripts = [c for kind in ("display_data", "update_display_data") for c in result.of(kind)
                   if "_kernel_id" in c["data"].get("text/html", "")]
        self.assertLess(len(scripts), 20, "GoNB has asked for the comm with each widget")
        cell = self.session.start(code + 'fmt.Println("waits")\nselect {}')
        self.session.wait(cell, lambda result: "waits" in result.text())
        kernel = psutil.Process(self.session.pid)
        next(process for process in kernel.children(recursive=True) if process.name() == "gonb").kill()
        self.assertIn("GoNB", self.session.wait(cell).error)
        result = self.session.execute(code)
        self.assertEqual((result.status, result.text()), ("ok", "3 2\n"), result)


class DisplaysTest(SessionTest):
    def shown(self, code):
        """Returns the data of the cell's only display."""
        result = self.session.execute(code)
        self.assertEqual((result.status, len(result.of("display_data"))), ("ok", 1), result)
        return result.of("display_data")[0]["data"]

    def test_json_is_an_object(self):
        spec = {"mark": "bar", "data": {"values": [{"a": 1.5, "b": "x"}]}, "big": 12345678901234567890}
        text = '{"mark": "bar", "data": {"values": [{"a": 1.5, "b": "x"}]}, "big": 12345678901234567890}'
        for mime in ("application/vnd.vegalite.v5+json", "application/json", "application/geo+json"):
            with self.subTest(mime=mime):
                # GoNB's displays can carry text only, those of package cell any value.
                data = f'map[protocol.MIMEType]any{{"{mime}": `{text}`}}'
                data = f"gonbui.SendData(&protocol.DisplayData{{Data: {data}}})"
                self.assertEqual(self.shown(PROTOCOL + data)[mime], spec)
                self.assertEqual(
                    self.shown(CELL + f'cell.Display(cell.Bundle{{"{mime}": []byte(`{text}`)}})')[mime], spec,
                )
        shown = self.shown(CELL + 'cell.Display(cell.Bundle{"application/json": map[string]any{"a": []int{1}}})')
        self.assertEqual(shown["application/json"], {"a": [1]})

    def test_text_is_no_object(self):
        """A string with braces stays a string, and so does invalid JSON."""
        self.assertEqual(self.shown("gonbui.DisplayHTML(`{\"a\": 1}`)")["text/html"], '{"a": 1}')
        broken = 'gonbui.SendData(&protocol.DisplayData{Data: map[protocol.MIMEType]any{"application/json": `{"a": `}})'
        self.assertEqual(self.shown(PROTOCOL + broken)["application/json"], '{"a": ')

    def test_update_across_cells(self):
        self.session.execute(CELL + 'cell.Update("across", "first")')
        result = self.session.execute(CELL + 'cell.Update("across", "second")')
        self.assertEqual(
            [(c["data"]["text/plain"], c["transient"]["display_id"]) for c in result.of("update_display_data")],
            [("second", "across")],
        )

    def test_update_again(self):
        """When a cell is run again, the front end has cleared its outputs, so its display is shown anew."""
        for _ in range(2):
            result = self.session.execute(CELL + 'cell.Update("again", 1)\ncell.Update("again", 2)')
            self.assertEqual([len(result.of(kind)) for kind in ("display_data", "update_display_data")], [1, 1])

    def test_update_in_a_saved_notebook(self):
        """The output of the saved notebook is the last of many states."""
        code = 'for i := range 500 { gonbui.UpdateHTML("id", fmt.Sprint("state ", i)) }\ngonbui.Sync()'
        for source in (code, CELL + 'for i := range 500 { cell.Update("other", fmt.Sprint("state ", i)) }'):
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
            NotebookClient(notebook, kernel_name=KERNEL, timeout=TIMEOUT).execute()
            outputs = notebook.cells[0].outputs
            self.assertEqual([output.output_type for output in outputs], ["display_data"])
            self.assertIn("state 499", list(outputs[0].data.values()))

    def test_scripts_run(self):
        """Each script is sent, although the display that holds it is emptied in the next moment."""
        code = 'import "github.com/janpfeifer/gonb/gonbui/dom"\n%%\n'
        result = self.session.execute(code + 'for i := range 20 { dom.TransientJavascript(fmt.Sprintf("f(%d)", i)) }')
        shown = [c["data"]["text/html"] for kind in ("display_data", "update_display_data") for c in result.of(kind)]
        self.assertEqual([text for text in shown if text], [f"<script>f({i})</script>\n" for i in range(20)])
        self.assertEqual(result.of("update_display_data")[-1]["data"]["text/html"], "")

    def test_gonb_widgets(self):
        """Several of GoNB's widgets in a cell, with a page that does what GoNB's scripts would do in a browser."""
        page = WidgetPage(self.session)
        cell = self.session.start(
            'import "github.com/janpfeifer/gonb/gonbui/widgets"\n%%\n'
            'first := widgets.Button("first").Done()\nsecond := widgets.Button("second").Done()\n'
            'slider := widgets.Slider(0, 10, 3).Done()\nclicks := second.Listen()\nfmt.Println("listens")\n'
            'fmt.Println("second", <-clicks.C, first != nil, slider.Value())',
        )
        self.session.wait(cell, lambda result: page.follow() or "listens" in result.text())
        page.send(list(page.values)[1], 1)
        result = self.session.wait(cell)
        self.assertEqual((result.status, result.text()), ("ok", "listens\nsecond 1 true 3\n"), result)

    def test_clear(self):
        """A saved notebook holds the outputs after the last clear."""
        source = CELL + 'for i := range 50 { cell.Clear(true); fmt.Println("frame", i) }'
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        NotebookClient(notebook, kernel_name=KERNEL, timeout=TIMEOUT).execute()
        self.assertEqual([output.text for output in notebook.cells[0].outputs], ["frame 49\n"])

    # very many

    def test_many_prints(self):
        result = self.session.execute('for i := range 10_000 { fmt.Println("line", i) }')
        self.assertEqual(result.text(), "".join(f"line {i}\n" for i in range(10_000)))
        self.assertLess(len(result.messages), 500)

    def test_many_prints_to_both(self):
        """In each of the two streams nothing is missing or out of order."""
        result = self.session.execute(
            'for i := range 5000 { fmt.Println("out", i); fmt.Fprintln(os.Stderr, "err", i) }'
        )
        self.assertEqual(result.text(), "".join(f"out {i}\n" for i in range(5000)))
        self.assertEqual(result.text("stderr"), "".join(f"err {i}\n" for i in range(5000)))

    def test_many_displays(self):
        """All 10,000 displays arrive, in order."""
        result = self.session.execute(
            'for i := range 10_000 { gonbui.DisplayHTML(fmt.Sprint("html ", i)) }\ngonbui.Sync()'
        )
        self.assertEqual(
            [content["data"]["text/html"] for content in result.of("display_data")],
            [f"html {i}" for i in range(10_000)],
        )
        print(f"\n10,000 displays in {result.seconds:.1f} s")
        self.assertGreater(result.seconds, 5, "faster than Jupyter's server lets through")

    def test_many_updates(self):
        """Updates may be skipped, but the last one always arrives."""
        result = self.session.execute(
            'for i := range 10_000 { gonbui.UpdateHTML("many", fmt.Sprint("state ", i)) }\ngonbui.Sync()'
        )
        shown = result.of("display_data") + result.of("update_display_data")
        self.assertEqual(shown[-1]["data"]["text/html"], "state 9999")
        self.assertLess(len(shown), 2000)

    def test_cut_runes(self):
        """Runes that are cut between writes, by a program's buffer or by GoNB's of 32 KiB, are whole when shown."""
        runes = "世界é😀"
        text = f'strings.Repeat("{runes}", 20000)'
        for name, file in (("stdout", "os.Stdout"), ("stderr", "os.Stderr")):
            with self.subTest(stream=name):
                code = f"w := bufio.NewWriter({file})\nfmt.Fprint(w, {text})\nw.Flush()"
                result = self.session.execute(code)
                self.assertEqual((result.status, result.text(name) == runes * 20000), ("ok", True))
        result = self.session.execute(f"!for i in $(seq 20000); do printf '{runes}'; done")
        self.assertEqual((result.status, result.text() == runes * 20000), ("ok", True))

    def test_cut_rune_around_a_display(self):
        self.expect(CELL + 'os.Stdout.Write([]byte{0xe2, 0x82})\ncell.Display(cell.Bundle{"text/plain": "x"})\n'
                    'os.Stdout.Write([]byte{0xac})', "€")

    def test_bytes(self):
        """What is no UTF-8 is replaced, one character for each maximal subpart, at the end of the cell as well."""
        data = "a\\xff\\xf0\\x9f\\x98b\\xed\\xa0\\x80\\xe2\\x82"
        self.expect(f'os.Stdout.Write([]byte("{data}"))', "a\ufffd\ufffdb\ufffd\ufffd\ufffd\ufffd")
        self.expect(r"!printf '\377\342\202'", "\ufffd\ufffd")
        failed = self.expect_error('os.Stdout.Write([]byte("\\xe2\\x82"))\npanic("\\xe2\\x82!")', "panic")
        self.assertEqual(failed.text(), "\ufffd")

    def test_long_line(self):
        result = self.session.execute('fmt.Print(strings.Repeat("é", 1<<20))')
        self.assertEqual(result.text(), "é" * (1 << 20))

    # endless: memory stays bounded, since output that has not been read blocks the cell

    def endless(self, code):
        """Runs an endless cell, interrupts it and returns its result; checks that the kernel and GoNB hardly grow."""
        self.session.execute('fmt.Println("compiled and warm")')
        before = self.memory()
        cell = self.session.start(code)
        self.session.wait(cell, lambda r: r.messages and r.size() > 3 * MEGABYTE)
        end = time.monotonic() + FLOOD_SECONDS
        grown = {}
        while True:
            self.session.pump()
            grown = {name: max(grown.get(name, 0), size - before[name]) for name, size in self.memory().items()}
            if time.monotonic() > end:
                break
        self.assertEqual(self.session.ask("interrupt_request", {}, "control")["status"], "ok")
        result = self.session.wait(cell)
        print(f"\ngrown by {', '.join(f'{name} {size / MEGABYTE:.0f} MB' for name, size in grown.items())}")
        self.assertEqual(result.status, "error")
        self.assertLess(grown["gonb"], 40 * MEGABYTE)  # it would be 200 MB a second
        self.assertLess(grown["kernel"], 150 * MEGABYTE)
        self.expect('fmt.Println("on")', "on\n")
        return result

    def memory(self):
        """Returns the resident memory of the kernel and of GoNB, in bytes."""
        process = psutil.Process(self.session.pid)
        gonb = 0
        for child in process.children(recursive=True):
            try:
                gonb += child.memory_info().rss if child.name() == "gonb" else 0
            except psutil.NoSuchProcess:  # such as a go command, which has ended meanwhile
                pass
        return {"kernel": process.memory_info().rss, "gonb": gonb}

    def test_endless_prints(self):
        for stream in ("Stdout", "Stderr"):
            with self.subTest(stream=stream):
                result = self.endless(
                    f'for i := 0; ; i++ {{ fmt.Fprintln(os.{stream}, "endless", i, strings.Repeat("x", 1000)) }}'
                )
                self.assertIn("left out", result.text(stream.lower()))

    def test_endless_displays(self):
        self.endless(CELL + 'for { cell.Display(strings.Repeat("x", 20_000)) }')

    def test_endless_displays_of_gonb(self):
        self.endless('for { gonbui.DisplayHTML(strings.Repeat("x", 20_000)) }')

    def test_endless_command(self):
        self.assertIn("left out", self.endless("!yes").text())


if __name__ == "__main__":
    main()
