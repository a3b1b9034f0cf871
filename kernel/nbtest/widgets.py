"""Tests of ipywidgets and anywidget of a running cell in JupyterLab in a headless Chromium, driven by Playwright.

    .venv/bin/python kernel/nbtest/widgets.py

They are skipped without a Chromium (apt install chromium; CNET_CHROMIUM names another program). CNET_SCREENSHOTS=DIR
saves pictures in DIR.
"""

import re
import statistics
import tempfile
import time
import unittest
from pathlib import Path

import nbformat
import psutil
from playwright.sync_api import expect, sync_playwright

from browser import CHROMIUM, LIMIT, SCREENSHOTS, start_cell, start_lab
from live import KERNEL, main, poll

CELL = """
import (
	"continuousnet/kernel/cell"
	"encoding/json"
)

func widget(name string, state map[string]any, receive func(cell.CommMessage)) *cell.Comm {
	for key, value := range map[string]any{
		"_model_module": "@jupyter-widgets/controls", "_model_module_version": "2.0.0", "_model_name": name + "Model",
		"_view_module": "@jupyter-widgets/controls", "_view_module_version": "2.0.0", "_view_name": name + "View",
	} {
		state[key] = value
	}
	c, err := cell.OpenComm("jupyter.widget", map[string]any{"state": state}, map[string]any{"version": "2.1.0"}, receive)
	if err != nil {
		panic(err)
	}
	cell.Display(cell.Bundle{"text/plain": name, "application/vnd.jupyter.widget-view+json": map[string]any{
		"version_major": 2, "version_minor": 0, "model_id": c.ID()}})
	return c
}
%%
pressed, value := make(chan bool, 1), 2
widget("IntSlider", map[string]any{"description": "steps", "min": 1, "max": 8, "value": 2}, func(m cell.CommMessage) {
	var data struct{ State struct{ Value *int } }
	if json.Unmarshal(m.Data, &data); data.State.Value != nil {
		value = *data.State.Value
		fmt.Println("value", value)
	}
})
widget("Button", map[string]any{"description": "Stop"}, func(m cell.CommMessage) { pressed <- true })
<-pressed
fmt.Println("stopped at", value)
"""

# A widget of one's own: its front end is a module of JavaScript, which gets bytes and sends bytes.
ANYWIDGET = """
import (
	"continuousnet/kernel/cell"
	"encoding/json"
)

const module = `
function render({model, el}) {
  const sum = [...new Uint8Array(model.get("bytes").buffer)].reduce((a, b) => a + b, 0);
  const button = document.createElement("button");
  button.className = "counter";
  const show = () => { button.innerText = model.get("count") + " of " + sum; };
  button.onclick = () => {
    model.set("count", model.get("count") + 1);
    model.save_changes();
    if (model.get("count") == 2) model.send("enough", undefined, [new Uint8Array([7, 8, 255]).buffer]);
  };
  model.on("change:count", show);
  show();
  el.appendChild(button);
}
export default {render};
`
%%
enough := make(chan []byte)
count := 0
c, err := cell.OpenComm("jupyter.widget", map[string]any{
	"state": map[string]any{
		"_model_module": "anywidget", "_model_module_version": "~0.11.*", "_model_name": "AnyModel",
		"_view_module": "anywidget", "_view_module_version": "~0.11.*", "_view_name": "AnyView",
		"_anywidget_id": "notebook.Counter", "_esm": module, "count": 0,
	},
	"buffer_paths": []any{[]any{"bytes"}},
}, map[string]any{"version": "2.1.0"}, func(m cell.CommMessage) {
	var data struct {
		Method string
		State  struct{ Count *int }
	}
	json.Unmarshal(m.Data, &data)
	if data.State.Count != nil {
		count = *data.State.Count
	}
	if data.Method == "custom" {
		enough <- m.Buffers[0]
	}
}, []byte{1, 2, 250})
if err != nil {
	panic(err)
}
cell.Display(cell.Bundle{"text/plain": "a counter", "application/vnd.jupyter.widget-view+json": map[string]any{
	"version_major": 2, "version_minor": 0, "model_id": c.ID()}})
fmt.Println("got", <-enough, "at", count)
"""

# All kinds of widgets of package widget.
ALL = """
import (
	"continuousnet/kernel/cell"
	"continuousnet/kernel/widget"
	"image"
	"image/color"
	"image/png"
	"bytes"
	"os"
)
%%
picture := func(c color.Color) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 60, 30))
	for i := range 1800 {
		m.Set(i%60, i/60, c)
	}
	var b bytes.Buffer
	png.Encode(&b, m)
	return b.Bytes()
}
steps := widget.NewIntSlider("steps", 1, 64, 4)
mu := widget.NewFloatSlider("µ", 0, 5, 0.1, 1)
rate := widget.NewFloatLogSlider("learning rate", 1e-4, 1, 0.1)
scheme := widget.NewDropdown("scheme", []string{"euler", "midpoint", "rk4"}, "midpoint")
log := widget.NewCheckbox("logarithmic", false)
name := widget.NewText("name", "first")
bar := widget.NewProgress("steps", 1, 64, 4)
html := widget.NewHTML("<b>4</b> steps")
square := widget.NewImage(picture(color.RGBA{0, 114, 178, 255}))
out := widget.NewOutput()
end := widget.NewButton("End")
exit := widget.NewButton("Exit")
exit.Set("button_style", "danger")
done := make(chan struct{})
end.OnClick(func() { close(done) })
exit.OnClick(func() { os.Exit(3) })
steps.Observe(func(n int) {
	bar.SetValue(float64(n))
	html.SetValue(fmt.Sprintf("<b>%d</b> steps", n))
	square.SetValue(picture(color.RGBA{213, 94, 0, 255}))
})
for _, w := range []widget.Input{mu, rate, scheme, log, name} {
	w.OnChange(func() { out.Replace(fmt.Sprintf("now %v", w.Current()), [][]int{{1, 2}, {3, 4}}) })
}
box := widget.NewVBox(widget.NewHBox(steps, mu), widget.NewHBox(rate, scheme), widget.NewHBox(log, name),
	widget.NewHBox(bar, html, square), out, widget.NewHBox(end, exit))
cell.Display(box)
widget.Await(done)
fmt.Println("at", steps.Value(), mu.Value(), rate.Value(), scheme.Value(), log.Value(), name.Value())
"""

TRAIN = """
run := cnet.MustOpen("results/controls", cnet.Config{Steps: 1, Channels: 4, BatchSize: 32, LearningRate: 0.01})
notebook.Train(run, notebook.Until(500))
fmt.Println("now", run.Network(), run.LearningRate())
"""

MANIFEST = """
run := cnet.MustOpen("results/manifested", cnet.Config{Steps: 1, Channels: 4, BatchSize: 32})
notebook.Manifest(run, cnet.ManifestOptions{Schemes: []string{"euler", "midpoint", "rk4"}, Steps: []int{1, 2, 4, 8, 16}})
fmt.Println("over")
"""

# x' = -2x by a scheme, beside the solution.
INTERACT = """
import (
	"continuousnet/cnet/chart"
	"continuousnet/cnet/notebook"
	"continuousnet/cnet/ode"
	"continuousnet/kernel/widget"
	"math"
)

func decay(steps int, scheme string) (chart.Chart, error) {
	s, err := ode.Solve(ode.Problem{F: func(t float64, x, dx []float64) { dx[0] = -2 * x[0] }, X0: []float64{1}, T1: 3},
		ode.Options{Scheme: scheme, Steps: steps, EveryStep: true})
	if err != nil {
		return chart.Chart{}, err
	}
	by := chart.Series{Name: scheme, Dots: true}
	exact := chart.Series{Name: "solution", Dashed: true}
	for i, t := range s.T {
		by.X, by.Y = append(by.X, t), append(by.Y, s.X[i][0])
	}
	for t := 0.0; t <= 3; t += 0.05 {
		exact.X, exact.Y = append(exact.X, t), append(exact.Y, math.Exp(-2*t))
	}
	return chart.Chart{Width: 600, Panels: []chart.Panel{{Title: fmt.Sprintf("%d steps of %s", steps, scheme),
		X: chart.Axis{Title: "t"}, Series: []chart.Series{by, exact}}}}, nil
}
%%
notebook.Interact(decay, widget.NewIntSlider("steps", 1, 64, 4),
	widget.NewDropdown("scheme", []string{"euler", "midpoint", "rk4"}, "euler"))
fmt.Println("over")
"""

PLANE = """
import (
	"continuousnet/cnet/notebook"
	"continuousnet/kernel/widget"
)
%%
mu := widget.NewFloatSlider("µ", 0, 5, 0.1, 1)
notebook.Plane(func(x, y float64) (float64, float64) { return y, mu.Value()*(1-x*x)*y - x },
	notebook.PlaneOptions{T: 15, Starts: [][2]float64{{0.5, 0.5}}, Inputs: []widget.Input{mu}})
fmt.Println("over")
"""

# The width of an output, and the height in pixels of the smallest letters in its SVGs.
LETTERS = """outputs => [outputs.clientWidth, Math.min(...[...outputs.querySelectorAll("svg text")].map(text => {
    const m = text.getScreenCTM();
    return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(m.a, m.b);
}))]"""

# The different heights of an output in a hundred frames.
HEIGHTS = """outputs => new Promise(done => {
    const heights = new Set();
    let left = 100;
    const look = () => {
        heights.add(outputs.clientHeight);
        left-- ? requestAnimationFrame(look) : done([...heights]);
    };
    look();
})"""


@unittest.skipUnless(CHROMIUM, "no Chromium: apt install chromium")
class WidgetsTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="cnet-lab-")
        self.addCleanup(scratch.cleanup)
        self.lab = start_lab(Path(scratch.name))
        self.addCleanup(self.lab.close)
        self.notebook = Path(scratch.name) / "root" / "widgets.ipynb"
        playwright = sync_playwright().start()
        self.addCleanup(playwright.stop)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        self.addCleanup(browser.close)
        self.page = browser.new_page(viewport={"width": 1200, "height": 1300})
        self.page.set_default_timeout(LIMIT)
        expect.set_options(timeout=LIMIT)

    def picture(self, name):
        if SCREENSHOTS:
            Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(SCREENSHOTS) / f"widgets-{name}.png")

    def await_idle(self):
        """Waits until the kernel answers. JupyterLab would wait for one that it has just started before it ends."""
        expect(self.page.locator("#jp-main-statusbar").get_by_text("ContinuousNet (Go) | Idle")).to_be_visible()

    def run_cell(self, code, restart=False):
        """Runs a notebook with one cell, if wanted after a restart of the kernel, and returns the cell's outputs."""
        kernel = {"name": KERNEL, "display_name": KERNEL, "language": "go"}
        cells = [nbformat.v4.new_code_cell(code)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), self.notebook)
        page = self.page
        page.goto(f"http://{self.lab.address}/lab/tree/widgets.ipynb?token={self.lab.token}")
        expect(page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")
        # A cell that is run before the notebook has its kernel makes JupyterLab ask for one, in a dialog.
        self.await_idle()
        if restart:
            self.restart()
            self.await_idle()
        return start_cell(page, page.locator(".jp-Notebook .jp-CodeCell").first)

    def begin(self):
        """Runs the cell with ipywidgets and moves the slider to 5. Returns the outputs, the slider and the button."""
        page, outputs = self.page, self.run_cell(CELL)
        slider, button = outputs.locator(".noUi-handle"), outputs.locator("button.jupyter-button")
        expect(slider).to_be_visible()
        expect(button).to_be_visible()
        self.picture("shown")
        slider.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        expect(outputs).to_contain_text("value 5")
        return outputs, slider, button

    def test_slider_and_button(self):
        outputs, slider, button = self.begin()
        button.click()
        expect(outputs).to_contain_text("stopped at 5")
        expect(slider).to_have_count(0)  # the process has ended, and its widgets leave the page
        self.picture("ended")

    def test_all(self):
        """Every kind of widget of the package: the cell sees what is done to it, and changes what is shown."""
        page, outputs = self.page, self.run_cell(ALL)
        handles = outputs.locator(".noUi-handle")
        expect(handles).to_have_count(3)
        handles.nth(0).focus()
        page.keyboard.press("ArrowRight")
        expect(outputs).to_contain_text("5 steps")
        expect(outputs.locator(".progress-bar")).to_have_attribute("style", re.compile(r"width: 6\.3"))
        handles.nth(1).focus()
        page.keyboard.press("ArrowRight")
        expect(outputs).to_contain_text("now 1.1")
        handles.nth(2).focus()
        page.keyboard.press("ArrowLeft")
        expect(outputs).to_contain_text("now 0.089")
        outputs.locator("select").select_option("rk4")
        expect(outputs).to_contain_text("now rk4")
        outputs.locator("input[type=checkbox]").check()
        expect(outputs).to_contain_text("now true")
        outputs.locator("input[type=text]").fill("second")
        page.keyboard.press("Enter")
        expect(outputs).to_contain_text("now second")
        expect(outputs.locator("td", has_text="4")).to_be_visible()  # a table
        self.picture("all")
        outputs.get_by_role("button", name="End").click()
        expect(outputs).to_contain_text(re.compile(r"at 5 1\.1 0\.0891\d* rk4 true second"))
        # The process has gone, and a text is left of what it showed.
        expect(outputs).to_contain_text("steps: 5 · µ: 1.1 learning rate: 0.089125 · scheme: rk4")
        expect(handles).to_have_count(0)
        self.picture("all-ended")

    def test_exit(self):
        """A process that ends at once leaves no widget that nobody listens to; a kernel that was restarted has widgets."""
        outputs = self.run_cell(ALL, restart=True)
        outputs.get_by_role("button", name="Exit").click()
        expect(outputs).to_contain_text("[End] · [Exit]")
        expect(outputs.locator(".jupyter-widgets")).to_have_count(0)

    def test_anywidget(self):
        """A widget with a front end of its own, and bytes both ways."""
        outputs = self.run_cell(ANYWIDGET)
        button = outputs.locator("button.counter")
        expect(button).to_have_text("0 of 253")
        button.click()
        expect(button).to_have_text("1 of 253")
        self.picture("anywidget")
        button.click()
        expect(outputs).to_contain_text("got [7 8 255] at 2")
        expect(button).to_have_count(0)

    def test_reload(self):
        """A page that is loaded again has the widgets as they are, and they work. What the cell prints is not there:
        JupyterLab shows outputs of cells that this page has started."""
        _, slider, button = self.begin()
        self.save("widget-view", "value 5")
        self.page.reload()
        expect(slider).to_have_attribute("aria-valuenow", "5.0")
        self.picture("reloaded")
        button.click()
        expect(slider).to_have_count(0)  # the click has ended the cell

    def test_reload_interact(self):
        """The drawing follows on a page that was loaded again, and stays there, with inputs that are off."""
        page, outputs = self.page, self.run_cell(INTERACT)
        drawn = lambda text: outputs.locator("svg", has_text=text).first
        expect(drawn("4 steps of euler")).to_be_visible()
        self.save("widget-view", "When this cell began")
        page.reload()
        slider = outputs.locator(".noUi-handle")
        expect(slider).to_be_visible()
        expect(drawn("4 steps of euler")).to_be_visible()
        slider.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        expect(drawn("7 steps of euler")).to_be_visible()
        outputs.locator("select").select_option("rk4")
        expect(drawn("7 steps of rk4")).to_be_visible()
        self.picture("interact-reloaded")
        done = outputs.get_by_role("button", name="Done")
        done.click()
        expect(outputs).to_contain_text("The cell has ended")
        expect(done).to_be_disabled()
        expect(outputs.locator("select")).to_be_disabled()
        expect(drawn("7 steps of rk4")).to_be_visible()
        self.picture("interact-reloaded-ended")
        expect(page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")
        page.reload()  # after the end
        expect(outputs).to_contain_text("The cell has ended")
        expect(done).to_be_disabled()
        expect(drawn("7 steps of rk4")).to_be_visible()

    def test_reload_manifest(self):
        """A heat map goes on filling in on a page that was loaded again, and so does the line above it."""
        page, outputs = self.page, self.run_cell(MANIFEST)
        expect(outputs).to_contain_text(re.compile(r"[1-5] of 15 combinations"))
        self.save("widget-view", "When this cell began")
        page.reload()
        expect(outputs).to_contain_text("Tested 15 combinations")
        # The title, the marks of the axes and of the colours, and a number in each cell.
        expect(outputs.locator("svg text", has_text=re.compile(r"^[0-9.]+ ?%?$"))).not_to_have_count(0)
        self.picture("manifest-reloaded")

    def test_second_page(self):
        """A second page with the notebook shows what is chosen on the first one."""
        page, outputs = self.page, self.run_cell(INTERACT)
        slider = outputs.locator(".noUi-handle")
        expect(slider).to_be_visible()
        self.save("widget-view")
        second = page.context.browser.new_page()
        second.set_default_timeout(LIMIT)
        second.goto(f"http://{self.lab.address}/lab/tree/widgets.ipynb?token={self.lab.token}")
        there = second.locator(".jp-Notebook .jp-OutputArea").first
        expect(there.locator(".noUi-handle")).to_have_attribute("aria-valuenow", "4.0")
        slider.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        expect(there.locator("svg", has_text="7 steps of euler").first).to_be_visible()
        expect(there.locator(".noUi-handle")).to_have_attribute("aria-valuenow", "7.0")
        expect(slider).to_have_attribute("aria-valuenow", "7.0")

    def test_plane_keys(self):
        """Each press of a key moves an initial value, also when they come faster than Go solves."""
        page, outputs = self.page, self.run_cell(PLANE.replace("Starts:", "X: [2]float64{0, 1e6}, Starts:"))
        handle = outputs.locator("circle[role=slider]")
        expect(handle).to_have_count(1)
        expect(outputs.locator("svg.cnet-plane text", has_text="10⁶")).to_be_visible()
        handle.focus()
        for _ in range(20):
            page.keyboard.press("ArrowRight")
        expect(handle).to_have_attribute("aria-valuetext", "200000, 0.5")
        self.picture("plane-keys")

    def test_reload_plane(self):
        """A plane on a page that was loaded again stays when it is done, and can be clicked no more."""
        page, outputs = self.page, self.run_cell(PLANE)
        plane = outputs.locator("svg.cnet-plane")
        first, done = plane.locator(".first"), outputs.get_by_role("button", name="Done")
        expect(first).to_have_count(1)
        self.save("widget-view")
        page.reload()
        expect(first).to_have_count(1)
        plane.click(position={"x": 150, "y": 120})
        expect(first).to_have_count(2)
        done.click()
        expect(outputs).to_contain_text("The cell has ended")
        expect(done).to_be_disabled()
        expect(plane).to_have_attribute("aria-disabled", "true")
        expect(first).to_have_count(2)
        self.picture("plane-reloaded-ended")

    def test_reopened(self):
        """A notebook that was saved in the middle of a cell, and whose kernel has ended since, says so."""
        page, outputs = self.page, self.run_cell(TRAIN)
        expect(outputs.get_by_text(re.compile("training loss")).first).to_be_visible()
        self.save("widget-view")
        page.goto("about:blank")
        self.kill_kernels()
        page.goto(f"http://{self.lab.address}/lab/tree/widgets.ipynb?token={self.lab.token}")
        expect(outputs).to_contain_text("The kernel has ended in the middle of this cell. Run it again to go on.")
        expect(outputs.get_by_text(re.compile("When this cell began"))).not_to_have_count(0)
        expect(outputs).not_to_contain_text("model not found")
        self.picture("reopened")

    def kill_cell(self):
        for process in psutil.Process(self.lab.process.pid).children(recursive=True):
            if "gonb_" in process.name() or "/gonb_" in " ".join(process.cmdline()[:1]):
                process.kill()

    def test_reload_killed(self):
        """A page that was loaded again tells that the process of a training was killed."""
        page, outputs = self.page, self.run_cell(TRAIN)
        expect(outputs.get_by_text(re.compile("training loss")).first).to_be_visible()
        self.save("widget-view")
        page.reload()
        stop = outputs.get_by_role("button", name="Stop")
        expect(stop).to_be_enabled()
        expect(outputs.get_by_text(re.compile("training loss")).first).to_be_visible()
        self.kill_cell()
        expect(outputs).to_contain_text("process has ended in the middle of the training")
        expect(outputs).to_contain_text("its controls are off")
        expect(stop).to_be_disabled()
        self.assertNotRegex(outputs.inner_text(), r"\d left|· epoch \d")
        self.picture("train-reloaded-killed")

    def restart(self):
        self.page.get_by_title("Restart the kernel", exact=True).click()
        self.page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart").click()
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def kill_kernels(self):
        """Ends the kernels for good."""
        api, headers = f"http://{self.lab.address}/api/sessions", {"Authorization": f"token {self.lab.token}"}
        for session in self.page.request.get(api, headers=headers).json():
            self.page.request.delete(f"{api}/{session['id']}", headers=headers)

    def kill_kernel(self):
        for process in psutil.Process(self.lab.process.pid).children(recursive=True):
            if "-f" in process.cmdline() and "run" in process.cmdline():
                process.kill()

    def check_kernel_ended(self, end, name):
        outputs = self.run_cell(TRAIN)
        expect(outputs.get_by_text(re.compile("training loss")).first).to_be_visible()
        expect(outputs.get_by_text(re.compile("kernel has ended")).locator("visible=true")).to_have_count(0)
        expect(outputs.get_by_role("button", name="Stop")).to_be_enabled()
        self.save("widget-view")
        end()
        expect(outputs.get_by_text(re.compile("The kernel has ended in the middle of the training"))).to_be_visible()
        expect(outputs.get_by_text("The kernel has ended, and its controls are off")).to_be_visible()
        for button in "Stop", "Refine ×2", "Save":
            expect(outputs.get_by_role("button", name=button)).to_be_disabled()
        expect(outputs.locator("select")).to_be_disabled()
        expect(outputs.locator("svg").first).to_be_visible()
        self.assertNotRegex(outputs.inner_text(), r"\d left|· epoch \d")
        self.picture(name)

    def test_kernel_restarted(self):
        """When the kernel is restarted while a cell trains, the page says that it has ended, and controls are off."""
        self.check_kernel_ended(self.restart, "kernel-restarted")
        self.await_idle()

    def test_kernel_killed(self):
        """So it is when the kernel is killed, which JupyterLab tells seconds later."""
        self.check_kernel_ended(self.kill_kernel, "kernel-killed")

    def shut_down(self):
        self.page.get_by_role("menuitem", name="Kernel", exact=True).click()
        self.page.get_by_role("menuitem", name="Shut Down Kernel", exact=True).click()

    def test_kernel_shut_down(self):
        """A kernel that is shut down lets the training save first, and the page says so as after any interrupt."""
        outputs = self.run_cell(TRAIN)
        expect(outputs.get_by_text(re.compile("training loss")).first).to_be_visible()
        self.shut_down()
        expect(outputs.get_by_text(re.compile("Interrupted in epoch .* and saved"))).to_be_visible()
        expect(outputs.get_by_text("The training has ended, and its controls are off")).to_be_visible()
        expect(outputs.get_by_role("button", name="Stop")).to_have_count(0)  # a picture is left of the controls
        expect(outputs.locator(".vega-embed")).to_be_visible()
        self.picture("kernel-shut-down")

    def test_kernel_shut_down_interact(self):
        outputs = self.run_cell(INTERACT)
        expect(outputs.locator("svg", has_text="4 steps of euler").first).to_be_visible()
        self.shut_down()
        expect(outputs.get_by_text("steps: 4 · scheme: euler")).to_be_visible()
        expect(outputs.locator(".noUi-target")).to_have_count(0)
        expect(outputs.locator(".vega-embed")).to_be_visible()
        self.picture("kernel-shut-down-interact")

    def test_kernel_restarted_interact(self):
        """The inputs of a drawing, too, are off when the kernel has ended; the drawing stays."""
        outputs = self.run_cell(INTERACT)
        drawn = outputs.locator("svg", has_text="4 steps of euler").first
        expect(drawn).to_be_visible()
        self.save("widget-view")
        self.restart()
        expect(outputs.get_by_text("The kernel has ended, and the inputs are off")).to_be_visible()
        expect(outputs.get_by_role("button", name="Done")).to_be_disabled()
        expect(outputs.locator("select")).to_be_disabled()
        expect(outputs.locator(".noUi-target")).to_have_attribute("disabled", "")
        expect(drawn).to_be_visible()
        self.await_idle()

    def save(self, *texts):
        """Saves the notebook until its file has the texts. That JupyterLab calls it unchanged shows for a moment only
        while the cell goes on to print, and otherwise at the next automatic save, two minutes later."""
        def saved():
            self.page.keyboard.press("Control+S")
            return poll(lambda: all(text in self.notebook.read_text() for text in texts), 20)

        self.assertTrue(poll(saved), texts)

    def said(self, outputs, text, act):
        """Does something, waits until the page says what came of it, and prints how long that took."""
        started = time.monotonic()
        act()
        expect(outputs.get_by_text(text).first).to_be_visible()
        print(f"  {text.pattern}: {time.monotonic() - started:.2f} s", flush=True)

    def check_narrow(self, outputs, name):
        """In a narrow window, in which a notebook is 370 pixels wide, the letters of a live picture can be read."""
        size = self.page.viewport_size
        self.page.set_viewport_size({"width": 700, "height": size["height"]})

        def readable():
            width, letters = outputs.evaluate(LETTERS)
            return width < 370 and 9 <= letters < 1000

        self.assertTrue(poll(readable, 20), outputs.evaluate(LETTERS))
        self.picture(f"{name}-narrow")
        self.page.set_viewport_size(size)

    def test_train(self):
        """Controls below the curves of a training: each acts while it runs, also after a reload, and they end with it."""
        page, outputs = self.page, self.run_cell(TRAIN)
        button = lambda name: outputs.get_by_role("button", name=name)
        expect(outputs.get_by_text(re.compile("training loss")).first).to_be_visible()
        self.picture("train")
        self.assertEqual(len(outputs.evaluate(HEIGHTS)), 1, "what is below moves while it trains")
        self.check_narrow(outputs, "train")
        self.said(outputs, re.compile("refined to 2-2-2 (in epoch|after [0-9])"), button("Refine ×2").click)
        slider = outputs.locator(".noUi-handle")
        slider.focus()
        self.said(outputs, re.compile("rate 0.0089 (in epoch|after [0-9])"), lambda: page.keyboard.press("ArrowLeft"))
        self.said(outputs, re.compile("midpoint (in epoch|after [0-9])"), lambda: outputs.locator("select").select_option("midpoint"))
        # The first epoch may be over: a batch takes a few milliseconds.
        self.said(outputs, re.compile(r"saved as checkpoint (epoch-\d+-batch-\d+|after-epoch-\d+)"), button("Save").click)
        name = re.search(r"saved as checkpoint ([\w-]+)", outputs.inner_text()).group(1)
        self.assertTrue((self.notebook.parent / "results" / "controls" / "checkpoints" / name).is_dir(), name)
        expect(outputs.locator("svg", has_text="saved").first).to_be_visible()  # the mark
        self.picture("train-changed")
        self.save("widget-view")
        page.reload()
        expect(slider).to_be_visible()
        expect(outputs.locator("select")).to_have_value("midpoint")
        self.said(outputs, re.compile("refined to 4-4-4 (in epoch|after [0-9])"), button("Refine ×2").click)
        # Status line and curves go on as well, and what stays after the end is off and true.
        expect(outputs.locator("svg", has_text="4-4-4").first).to_be_visible()
        expect(outputs.get_by_text(re.compile("4-4-4 midpoint · epoch")).first).to_be_visible()
        self.picture("train-reloaded")
        button("Stop").click()
        expect(outputs).to_contain_text("Stopped as told")
        expect(outputs).to_contain_text("The training has ended, and its controls are off")
        for name in "Stop", "Refine ×2", "Save":
            expect(button(name)).to_be_disabled()
        expect(outputs.locator("select")).to_be_disabled()
        expect(outputs.locator("svg", has_text="stopped").first).to_be_visible()
        self.assertNotRegex(outputs.inner_text(), r"\d left|has ended in the middle|· epoch \d")
        self.picture("train-reloaded-ended")
        expect(page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")
        # Trained on: the net is what was made of it, and Stop leaves a truthful cell.
        prompt = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").first
        page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Control+Enter")
        expect(outputs.get_by_text(re.compile("4-4-4 midpoint · epoch")).first).to_be_visible()
        button("Stop").click()
        expect(outputs).to_contain_text("now 4-4-4 midpoint 0.0089")
        expect(outputs).to_contain_text("The training has ended, and its controls are off")
        expect(outputs.locator(".jupyter-widgets")).to_have_count(0)
        expect(prompt).to_have_text("[2]:")
        self.picture("train-ended")

    def test_interact(self):
        """A chart follows a slider and a menu while they are moved; the last one stays as a picture."""
        page, outputs = self.page, self.run_cell(INTERACT)
        drawn = lambda text: outputs.locator("svg", has_text=text).first
        expect(drawn("4 steps of euler")).to_be_visible()
        self.picture("interact")
        self.check_narrow(outputs, "interact")
        slider = outputs.locator(".noUi-handle")
        slider.focus()
        times = []
        for steps in range(5, 26):
            started = time.monotonic()
            page.keyboard.press("ArrowRight")
            drawn(f"{steps} steps of euler").wait_for()
            times.append(time.monotonic() - started)
        print(f"  a move of the slider is drawn after {statistics.median(times):.3f} s (median of {len(times)})")
        outputs.locator("select").select_option("rk4")
        expect(drawn("25 steps of rk4")).to_be_visible()
        self.picture("interact-moved")
        outputs.get_by_role("button", name="Done").click()
        expect(outputs).to_contain_text("over")
        expect(outputs.locator("img, .vega-embed svg, .vega-embed canvas").first).to_be_visible()
        expect(outputs).to_contain_text("steps: 25 · scheme: rk4")
        expect(outputs.locator(".jupyter-widgets")).to_have_count(0)
        self.picture("interact-ended")

    def test_plane(self):
        """Clicks in a plane are solved from in the cell; what is dragged, chosen and moved is solved again."""
        page, outputs = self.page, self.run_cell(PLANE)
        plane = outputs.locator("svg.cnet-plane")
        first, second, starts = plane.locator(".first"), plane.locator(".second"), plane.get_by_role("slider")
        expect(first).to_have_count(1)
        self.picture("plane")
        self.check_narrow(outputs, "plane")

        def at(u, v):  # where the plane is now: what JupyterLab shows above it may change
            box = plane.bounding_box()
            return box["x"] + u * box["width"], box["y"] + v * box["height"]

        times = []
        for i, (u, v) in enumerate([(0.3, 0.2), (0.8, 0.3), (0.7, 0.8), (0.2, 0.7), (0.5, 0.9)]):
            started = time.monotonic()
            page.mouse.click(*at(u, v))
            first.nth(i + 1).wait_for(state="attached")
            times.append(time.monotonic() - started)
        print(f"  a click is solved and drawn after {statistics.median(times):.3f} s (median of {len(times)})")
        self.picture("plane-clicked")
        curve = lambda: first.nth(0).get_attribute("points")
        before = curve()
        handle = starts.nth(0).bounding_box()
        page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
        page.mouse.down()
        page.mouse.move(*at(0.55, 0.2), steps=10)
        page.mouse.up()
        self.assertTrue(poll(lambda: curve() != before))
        expect(first).to_have_count(6)  # the drag was no click

        def start():
            return [float(part) for part in starts.nth(0).get_attribute("aria-valuetext").split(",")]

        self.assertTrue(poll(lambda: abs(start()[0] - 0.19) < 0.1 and abs(start()[1] - 1.75) < 0.2), start())
        x, y = start()
        starts.nth(0).focus()
        page.keyboard.press("ArrowRight")
        expect(starts.nth(0)).not_to_have_attribute("aria-valuetext", f"{x}, {y}")
        starts.nth(3).dblclick()
        expect(first).to_have_count(5)
        menus = outputs.locator("select")
        menus.nth(1).select_option("euler")
        expect(second).to_have_count(5)
        menus.nth(2).select_option("0.2")
        expect(outputs.get_by_text("euler, h = 0.2: ").first).to_be_visible()
        self.picture("plane-compared")
        before = curve()
        outputs.locator(".noUi-handle").focus()
        started = time.monotonic()
        page.keyboard.press("ArrowRight")
        self.assertTrue(poll(lambda: curve() != before))
        print(f"  a parameter is solved and drawn after {time.monotonic() - started:.3f} s")
        outputs.get_by_role("button", name="Done").click()
        expect(outputs).to_contain_text("over")
        expect(outputs.locator("img, .vega-embed svg, .vega-embed canvas").first).to_be_visible()
        expect(plane).to_have_count(0)
        self.picture("plane-ended")

    def test_killed(self):
        """A training whose process is killed does not leave controls that nobody listens to."""
        outputs = self.run_cell(TRAIN)
        expect(outputs.get_by_text(re.compile("training loss")).first).to_be_visible()
        self.kill_cell()
        expect(outputs).to_contain_text("process has ended in the middle of the training")
        expect(outputs.locator(".jupyter-widgets")).to_have_count(0)
        expect(outputs.locator("svg").first).to_be_visible()  # the curves as they were
        self.assertNotRegex(outputs.inner_text(), r"\d left|· epoch \d")
        self.picture("train-killed")


if __name__ == "__main__":
    main()
