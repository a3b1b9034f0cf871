"""Tests of comms, the wire of ipywidgets and anywidget, between a front end and the process of a running cell.

    .venv/bin/python kernel/nbtest/comms.py
"""

import os
import re
import signal

import psutil

from live import SessionTest, main, poll

VIEW = "application/vnd.jupyter.widget-view+json"

# A cell that says each message it gets, answers with the buffers in reverse order, and ends with {"End": true}.
ECHO = """
import (
	"continuousnet/kernel/cell"
	"encoding/json"
	"os"
	"slices"
)
%%
end, ready := make(chan bool, 1), make(chan bool)
var c *cell.Comm
c, err := cell.OpenComm("jupyter.widget", map[string]any{"state": map[string]any{"_model_name": "M",
	"_model_module": "m", "_model_module_version": "1", "value": 1}, "buffer_paths": [][]string{{"raw"}}},
	map[string]any{"version": "2.1.0"}, func(m cell.CommMessage) {
		<-ready
		fmt.Println("got", string(m.Data), m.Buffers)
		var data struct{ End, Panic bool }
		json.Unmarshal(m.Data, &data)
		if data.Panic {
			panic("by a handler")
		}
		slices.Reverse(m.Buffers)
		if err := c.Send(map[string]any{"echo": m.Data}, m.Buffers...); err != nil {
			fmt.Println(err)
		}
		if data.End {
			end <- true
		}
	}, []byte{1, 0, 255})
if err != nil {
	panic(err)
}
close(ready)
fmt.Println("pid", os.Getpid())
select {
case <-end:
case <-c.Done():
	fmt.Println("closed by the front end")
}
"""


class CommsTest(SessionTest):
    def begin(self, code=ECHO):
        """Starts a cell; returns the id of the request, the comm's id, and the pid of the cell's process."""
        request = self.session.start(code)
        result = self.session.results[request]

        def ready():
            self.session.pump()
            return result.reply or re.search(r"pid (\d+)\n", result.text())

        self.assertTrue(poll(ready))
        self.assertIsNone(result.reply, result)
        opened = result.of("comm_open")
        self.assertEqual([content["target_name"] for content in opened], ["jupyter.widget"])
        return request, opened[0]["comm_id"], int(re.search(r"pid (\d+)\n", result.text())[1])

    def say(self, comm, data, buffers=()):
        session = self.session.client.session
        message = session.msg("comm_msg", {"comm_id": comm, "data": data})
        session.send(self.session.client.shell_channel.socket, message, buffers=list(buffers))

    def messages(self, request, kind):
        return [m for m in self.session.results[request].messages if m["msg_type"] == kind]

    def ends(self, request, comm, status):
        """Waits for the end of the cell, which closes the comm."""
        result = self.session.wait(request)
        self.assertEqual(result.status, status, result)
        self.assertEqual([c["comm_id"] for c in result.of("comm_close")], [comm])
        self.assertEqual(self.session.ask("comm_info_request", {})["comms"], {})
        return result

    def test_both_ways(self):
        request, comm, _ = self.begin()
        opened = self.messages(request, "comm_open")[0]
        self.assertEqual([bytes(b) for b in opened["buffers"]], [b"\x01\x00\xff"])
        self.assertEqual(opened["metadata"], {"version": "2.1.0"})
        self.assertEqual(
            self.session.ask("comm_info_request", {"target_name": "jupyter.widget"})["comms"],
            {comm: {"target_name": "jupyter.widget"}},
        )
        self.say(comm, {"a": 1}, [b"\x00\x01", b""])
        self.say(comm, {"End": True})
        result = self.ends(request, comm, "ok")
        self.assertIn("[[0 1] []]\n", result.text())
        echoes = self.messages(request, "comm_msg")
        self.assertEqual([m["content"]["data"]["echo"] for m in echoes], [{"a": 1}, {"End": True}])
        self.assertEqual([bytes(b) for b in echoes[0]["buffers"]], [b"", b"\x00\x01"])

    def test_closed_by_the_front_end(self):
        request, comm, _ = self.begin()
        self.session.send("comm_close", {"comm_id": comm, "data": {}})
        result = self.session.wait(request)
        self.assertEqual((result.status, result.of("comm_close")), ("ok", []))
        self.assertIn("closed by the front end\n", result.text())

    def test_ends(self):
        """However the process ends, its comm is closed, and messages to it are ignored."""
        def panics(comm, _):
            self.say(comm, {"Panic": True})

        def killed(_, pid):
            os.kill(pid, signal.SIGKILL)

        def interrupted(*_):
            self.session.send("interrupt_request", {}, "control")

        def without_gonb(*_):
            kernel = psutil.Process(self.session.pid)
            next(process for process in kernel.children(recursive=True) if process.name() == "gonb").kill()

        for end in (panics, killed, interrupted, without_gonb):
            with self.subTest(end=end.__name__):
                request, comm, pid = self.begin()
                end(comm, pid)
                result = self.ends(request, comm, "error")
                self.assertEqual("by a handler" in result.error, end is panics)
                self.say(comm, {"late": True})
        self.expect("fmt.Println(6 * 7)", "42\n")

    def test_request_states(self):
        """A page that was reloaded asks for the widgets that live, as JupyterLab does."""
        request, comm, _ = self.begin()
        self.say(comm, {"method": "update", "state": {"value": 2}, "buffer_paths": []})
        control = self.session.send(
            "comm_open", {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}},
        )
        asked = self.session.send("comm_msg", {"comm_id": "control", "data": {"method": "request_states"}})
        answer = self.session.wait(asked, lambda r: r.states[-2:] == ["idle", "busy"] or r.states[-1:] == ["idle"])
        message = next(m for m in answer.messages if m["msg_type"] == "comm_msg")
        self.assertEqual(message["content"]["comm_id"], "control")
        self.assertEqual(message["content"]["data"], {
            "method": "update_states",
            "states": {comm: {
                "model_name": "M", "model_module": "m", "model_module_version": "1",
                "state": {"_model_name": "M", "_model_module": "m", "_model_module_version": "1", "value": 2},
            }},
            "buffer_paths": [[comm, "state", "raw"]],
        })
        self.assertEqual([bytes(b) for b in message["buffers"]], [b"\x01\x00\xff"])
        self.assertEqual(self.session.results[control].of("comm_close"), [])
        self.session.send("comm_close", {"comm_id": "control", "data": {}})
        self.say(comm, {"End": True})
        self.ends(request, comm, "ok")

    def test_flood(self):
        """Of 5,000 moves of a slider the last arrives, in a cell that takes its time with each; clicks all come."""
        slow = """
import (
	"continuousnet/kernel/cell"
	"encoding/json"
	"os"
	"time"
)
%%
end, clicks, updates := make(chan int, 1), 0, 0
_, err := cell.OpenComm("jupyter.widget", map[string]any{"state": map[string]any{"value": 0}}, nil,
	func(m cell.CommMessage) {
		var data struct {
			Method string
			State  struct{ Value int }
		}
		json.Unmarshal(m.Data, &data)
		time.Sleep(10 * time.Millisecond)
		if data.Method == "custom" {
			clicks++
			return
		}
		updates++
		if data.State.Value == 4999 {
			end <- clicks
		}
	})
if err != nil {
	panic(err)
}
fmt.Println("pid", os.Getpid())
n := <-end
fmt.Println(n, "clicks,", updates < 4000)
"""
        request, comm, _ = self.begin(slow)
        for value in range(5000):
            self.say(comm, {"method": "update", "state": {"value": value}, "buffer_paths": []})
            if value % 1000 == 0:
                self.say(comm, {"method": "custom", "content": {"event": "click"}})
        result = self.ends(request, comm, "ok")
        self.assertTrue(result.text().endswith("\n5 clicks, true\n"), result.text())

    def test_nobody_answers(self):
        """A cell that only sends runs through, as in nbconvert, and so does one whose comm is not listened to."""
        code = """
import "continuousnet/kernel/cell"
%%
c, err := cell.OpenComm("x", nil, nil, nil)
if err != nil {
	panic(err)
}
for i := range 200 {
	c.Send(map[string]int{"i": i})
}
c.Close()
fmt.Println(c.Send(struct{}{}))
"""
        result = self.session.execute(code)
        self.assertEqual((result.status, result.text()), ("ok", "the comm is closed\n"), result)
        self.assertEqual([c["data"]["i"] for c in result.of("comm_msg")], list(range(200)))
        self.assertEqual(len(result.of("comm_close")), 1)


class NobodyTest(SessionTest):
    def test_no_widgets(self):
        """In a session without a front end that shows widgets none is sent and nothing waits; CNET_WIDGETS overrides."""
        code = """
import "continuousnet/kernel/widget"
%%
done := make(chan struct{})
cell.Display(widget.NewHBox(widget.NewIntSlider("steps", 1, 64, 4), widget.NewButton("Stop")))
widget.Await(done)
run := cnet.MustOpen("results/nobody", cnet.Config{Steps: 1, Channels: 1, BatchSize: 128})
notebook.Train(run, notebook.OnStep(func(s *cnet.Step) { s.Stop() }))
notebook.Interact(func(n int) chart.Chart { return chart.Chart{Title: fmt.Sprint(n)} },
	widget.NewIntSlider("n", 1, 3, 2))
notebook.Plane(func(x, y float64) (float64, float64) { return y, -x })
"""
        result = self.session.execute(code)
        self.assertEqual(result.status, "ok", result)
        self.assertEqual([m for m in result.messages if m["msg_type"].startswith("comm_")], [])
        shown = [content["data"] for content in result.of("display_data") + result.of("update_display_data")]
        self.assertEqual([data for data in shown if VIEW in data], [])
        texts = [data["text/plain"] for data in shown]
        for text in ("steps: 4 · [Stop]", "n: 2", "[chart: 2]"):
            self.assertIn(text, texts)
        self.assertTrue(any(text.startswith("[plane of x and y") for text in texts), texts)
        seen = "fmt.Println(cell.ShowsWidgets())"
        self.expect(seen, "false\n")
        self.assertEqual(self.session.execute("%env CNET_WIDGETS=1").status, "ok")
        self.expect(seen, "true\n")
        self.assertEqual(self.session.execute("%env CNET_WIDGETS=").status, "ok")
        self.expect(seen, "false\n")
        self.session.ask("comm_info_request", {"target_name": "jupyter.widget"})
        self.expect(seen, "true\n")


if __name__ == "__main__":
    main()
