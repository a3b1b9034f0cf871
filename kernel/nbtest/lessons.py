"""Tests of the lessons in JupyterLab in a headless Chromium, driven by Playwright: what is saved, in both themes and two
widths, and what a reader presses and clicks in them while a cell runs.

    .venv/bin/python kernel/nbtest/lessons.py
    CNET_SCREENSHOTS=DIR .venv/bin/python kernel/nbtest/lessons.py    # also saves a picture of every lesson in DIR

They are skipped without a Chromium (apt install chromium; CNET_CHROMIUM names another program).
"""

import json
import math
import re
import shutil
import statistics
import tempfile
import time
import unittest
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from playwright.sync_api import expect, sync_playwright

from browser import CHROMIUM, LIMIT, NOTEBOOK, SCREENSHOTS, start_cell, start_lab
from live import main, poll

LESSONS = NOTEBOOK.parent
INDEX = "00-index.ipynb"
CHART = "application/vnd.vegalite.v5+json"
WIDTHS = 1280, 1100, 700
NOTICES = ()  # what the console says as an error in an empty JupyterLab, too

# What is drawn in a chart, as one string.
DRAWN = """chart => [...chart.querySelectorAll("canvas, svg.marks")]
    .map(d => d.toDataURL ? d.toDataURL() : d.outerHTML).join()"""

# The text of a cell of Markdown without its code, in which a dollar would be a formula that is not typeset.
PROSE = """cell => {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll("code, pre, mjx-container").forEach(part => part.remove());
    return copy.textContent;
}"""

# How many cells are there, and how far the last one reaches out of the window. JupyterLab scrolls beyond the end.
BELOW = """panel => {
    const cells = panel.querySelectorAll(".jp-Cell"), place = panel.querySelector(".jp-WindowedPanel-outer");
    const end = Math.max(...[...cells].map(cell => cell.getBoundingClientRect().bottom));
    return [cells.length, end - place.getBoundingClientRect().bottom];
}"""

# Texts that are wider than their place; outputs can be scrolled in theirs.
TOO_WIDE = """panel => [...panel.querySelectorAll(".jp-RenderedMarkdown")]
    .filter(e => e.scrollWidth > e.clientWidth + 1)
    .map(e => `${e.scrollWidth} px in ${e.clientWidth}: ${e.innerText.slice(0, 60)}`)"""

# Charts that are wider than their outputs.
CUT_OFF = """panel => [...panel.querySelectorAll(".vega-embed")].map(e => [
        e.querySelector("canvas, svg.marks").getBoundingClientRect().width,
        e.closest(".jp-OutputArea-output").clientWidth,
    ]).filter(([width, place]) => width > place).map(([width, place]) => `${width} px in ${place}`)"""

HEIGHTS = """panel => [...panel.querySelectorAll(".vega-embed")]
    .map(e => e.querySelector("canvas, svg.marks").getBoundingClientRect().height)"""


@unittest.skipUnless(CHROMIUM, "no Chromium: apt install chromium")
class LessonsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="cnet-lab-")
        cls.addClassCleanup(scratch.cleanup)
        cls.root = Path(scratch.name) / "root"
        cls.workspaces = Path(scratch.name) / "workspaces"
        cls.settings = Path(scratch.name) / "settings" / "@jupyterlab" / "apputils-extension"
        cls.lab = start_lab(Path(scratch.name), LESSONS)
        cls.addClassCleanup(cls.lab.close)
        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        # Without a sandbox, because the tests of a container run as root; the pages are our own.
        cls.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        cls.addClassCleanup(cls.browser.close)
        expect.set_options(timeout=LIMIT)

    def setUp(self):
        # JupyterLab would give the sidebar the share of the window that it had in the narrow one of the test before.
        shutil.rmtree(self.workspaces, ignore_errors=True)
        self.page = self.browser.new_page(viewport={"width": 1280, "height": 1000})
        self.addCleanup(self.page.close)
        self.page.set_default_timeout(LIMIT)
        self.panel = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        self.wrong = []
        self.page.on("console", self.listen)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self.ask)

    def listen(self, message):
        if message.type == "error" and message.text not in NOTICES:
            self.wrong.append(f"{message.text} ({message.location})")

    def ask(self, request):
        address = urlsplit(request.url)
        if address.netloc != self.lab.address and address.scheme not in ("data", "blob"):
            self.wrong.append(f"asks for {request.url}")

    def check_quiet(self):
        """The page has asked nobody else for anything, and reported no error."""
        wrong, self.wrong[:] = list(self.wrong), []
        self.assertEqual(wrong, [])

    def open(self, name):
        self.page.goto(f"http://{self.lab.address}/lab/tree/{LESSONS.name}/{name}?token={self.lab.token}")
        self.await_kernel()

    def await_kernel(self):
        expect(self.panel.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")

    def picture(self, name):
        if SCREENSHOTS:
            Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(SCREENSHOTS) / f"lab-{name}.png")

    def fit(self, width, notebook, height=1000):
        """Gives the window a width, and the height in which nothing of the notebook has to be scrolled, or more."""
        cells, charts = len(notebook.cells), len(self.charts_of(notebook))

        def whole():
            nonlocal height
            shown, missing = self.panel.evaluate(BELOW)
            if missing > 0 or shown < cells:
                height += max(20, math.ceil(missing)) + 500 * (shown < cells)
                self.page.set_viewport_size({"width": width, "height": height})
                return False
            return self.charts.count() == charts

        self.page.set_viewport_size({"width": width, "height": height})
        self.assertTrue(poll(whole), f"not all of the notebook is shown in {height} px")

    @property
    def charts(self):
        return self.panel.locator(".vega-embed:has(canvas, svg.marks)")

    @staticmethod
    def charts_of(notebook):
        return [output.data[CHART] for cell in notebook.cells for output in cell.get("outputs", [])
                if CHART in output.get("data", {})]

    def check_saved(self, name, theme):
        """What is saved is whole, and what can be moved moves, at both widths."""
        notebook = nbformat.read(LESSONS / name, as_version=4)
        for width in WIDTHS:
            with self.subTest(lesson=name, theme=theme, width=width):
                self.fit(width, notebook)
                self.check_typeset(notebook)
                self.check_stacked(notebook, width)
                poll(lambda: not self.panel.evaluate(CUT_OFF), 10)
                self.assertEqual(self.panel.evaluate(CUT_OFF), [])
                # Narrower charts are higher, and what is below them has moved.
                self.fit(width, notebook, self.page.viewport_size["height"])
                self.picture(f"{Path(name).stem}-{theme}-{width}")
                self.assertEqual(self.panel.evaluate(TOO_WIDE), [])
                self.move_sliders(notebook)
                self.unfold(notebook)
                self.check_quiet()

    def check_stacked(self, notebook, width):
        """In the narrow window, panels that were beside each other stand below each other, and none is cut off."""
        if width == WIDTHS[0]:
            self.heights = self.panel.evaluate(HEIGHTS)
            return
        stack = [isinstance(spec.get("columns"), dict) for spec in self.charts_of(notebook)]

        def taller():
            now = self.panel.evaluate(HEIGHTS)
            return all(after > 1.5 * before for after, before, should in zip(now, self.heights, stack) if should)

        self.assertTrue(poll(taller), f"{self.heights}, then {self.panel.evaluate(HEIGHTS)}")

    def check_typeset(self, notebook):
        expect(self.panel.locator("[data-mjx-error], mjx-merror")).to_have_count(0)
        for i, cell in enumerate(notebook.cells):
            if cell.cell_type != "markdown":
                continue
            shown = self.cell(i).locator(".jp-RenderedMarkdown")
            if "$" in cell.source:
                expect(shown.locator("mjx-container").first).to_be_attached()  # it may be folded away
            self.assertNotRegex(shown.evaluate(PROSE), r"\$|\\[a-z]", f"cell {i}")

    def move_sliders(self, notebook):
        """Pulls every slider to its other end, and notes how long the chart takes to follow."""
        for i, spec in enumerate(self.charts_of(notebook)):
            chart = self.charts.nth(i)
            sliders = chart.locator("input[type=range]")
            self.assertEqual(sliders.count(), json.dumps(spec).count('"input": "range"'), f"sliders of chart {i + 1}")
            for k in range(sliders.count()):
                slider = sliders.nth(k)
                value, low, high = (float(slider.evaluate(f"s => s.{name}")) for name in ("value", "min", "max"))
                box, before = slider.bounding_box(), chart.evaluate(DRAWN)
                x = box["x"] + (2 if value > (low + high) / 2 else box["width"] - 2)
                started = time.monotonic()
                self.page.mouse.click(x, box["y"] + box["height"] / 2)
                self.page.wait_for_function(
                    f"([chart, before]) => ({DRAWN})(chart) != before", arg=[chart.element_handle(), before],
                )
                self.moved.append(time.monotonic() - started)
                self.assertNotEqual(float(slider.evaluate("s => s.value")), value)

    def unfold(self, notebook):
        """Opens and closes what is folded away."""
        folded = self.panel.locator(".jp-RenderedMarkdown details")
        expect(folded).to_have_count(sum(cell.source.count("<details>") for cell in notebook.cells))
        for i in range(folded.count()):
            text = folded.nth(i).locator("p").first
            expect(text).not_to_be_visible()
            folded.nth(i).locator("summary").click()
            expect(text).to_be_visible()
            folded.nth(i).locator("summary").click()
            expect(text).not_to_be_visible()

    def course(self, theme):
        """Goes from the index to each lesson by its link, and back."""
        self.moved = []
        self.check_saved(INDEX, theme)
        for path in sorted(LESSONS.glob("*.ipynb")):
            if path.name == INDEX:
                continue
            print(f"  {path.name}, {theme}", flush=True)
            title = re.search(rf"\[([^\[\]]*)\]\({re.escape(path.name)}\)", (LESSONS / INDEX).read_text())[1]
            self.page.set_viewport_size({"width": 1280, "height": 1000})
            self.panel.get_by_role("link", name=title, exact=True).click()
            tab = self.page.locator("#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current")
            expect(tab).to_have_text(path.name)
            self.await_kernel()
            self.check_saved(path.name, theme)
            # Looking at a lesson does not change it; after a step to a Go of another minor version, run make lessons.
            expect(tab).not_to_have_class(re.compile("jp-mod-dirty"))
            tab.locator(".lm-TabBar-tabCloseIcon").click()
            expect(tab).to_have_text(INDEX)
        print(f"  a slider's chart follows after {statistics.median(self.moved):.3f} s (median of {len(self.moved)})")

    def choose(self, theme):
        """Sets the theme of JupyterLab, as its menu does, and opens the index."""
        (self.settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": f"JupyterLab {theme.title()}"}))
        self.open(INDEX)
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", f"JupyterLab {theme.title()}")

    def test_light(self):
        self.choose("light")
        self.course("light")

    def test_dark(self):
        self.choose("dark")
        self.course("dark")

    def cell(self, index):
        return self.panel.locator(f'.jp-Cell[data-windowed-list-index="{index}"]')

    def prepare(self, name, *changes):
        """Makes changes in a lesson, forgets its numbers, and opens it. Returns the lesson."""
        notebook = nbformat.read(LESSONS / name, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.execution_count = None
                for old, new in changes:
                    cell.source = cell.source.replace(old, new)
        path = self.root / LESSONS.name / ("live-" + name)
        nbformat.write(notebook, path)
        self.open(path.name)
        self.fit(1280, notebook)
        return notebook

    def find(self, notebook, text):
        """Returns the index of the first cell of code with a text."""
        return next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and text in cell.source)

    def run_cell(self, index):
        """Runs a cell to its end, and returns its outputs."""
        outputs = start_cell(self.page, self.cell(index))
        expect(self.cell(index).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"))
        expect(outputs.locator(".jp-mod-error, [data-mime-type*=stderr]")).to_have_count(0)
        return outputs

    def act(self, what, do, seen):
        """Does something, waits until the page shows it, and prints how long that took."""
        started = time.monotonic()
        do()
        expect(seen).to_be_visible()
        print(f"  {what}: {time.monotonic() - started:.2f} s", flush=True)

    def test_plane(self):
        """The lesson on stiffness: a click into its plane draws a curve, and its slider bends it."""
        notebook = self.prepare("05-stiffness.ipynb")
        plane_cell = self.find(notebook, "notebook.Plane(")
        self.run_cell(self.find(notebook, "PhasePortrait("))
        outputs = start_cell(self.page, self.cell(plane_cell))
        plane = outputs.locator("svg.cnet-plane")
        curves = plane.locator("polyline.first")
        expect(plane).to_be_visible()
        count = curves.count()
        box = plane.bounding_box()
        where = box["x"] + 0.3 * box["width"], box["y"] + 0.25 * box["height"]
        self.act("a click is solved and drawn", lambda: self.page.mouse.click(*where), curves.nth(count))
        before = curves.nth(count).get_attribute("points")
        self.assertGreater(len(before.split()), 20)
        outputs.locator(".noUi-handle").first.focus()
        self.page.keyboard.press("ArrowRight")
        self.assertTrue(poll(lambda: curves.nth(count).get_attribute("points") != before), "µ does nothing")
        self.picture("05-plane-clicked")
        outputs.get_by_role("button", name="Done").click()
        expect(plane).to_have_count(0)
        expect(outputs.locator(".vega-embed canvas, .vega-embed svg").first).to_be_visible()
        self.check_quiet()

    def test_train(self):
        """The first lesson, with more epochs: refine, another rate and stop, pressed while it trains."""
        notebook = self.prepare("01-quickstart.ipynb", ("Until(3)", "Until(300)"))
        self.run_cell(self.find(notebook, "cnet.MustOpen("))
        outputs = start_cell(self.page, self.cell(self.find(notebook, "Until(300)")))
        button = lambda name: outputs.get_by_role("button", name=name)
        expect(outputs.get_by_text(re.compile("training loss")).first).to_be_visible()
        said = lambda text: outputs.get_by_text(re.compile(text)).first
        self.act("refine", button("Refine ×2").click, said("refined to 2-2-2 (in epoch|after [0-9])"))
        expect(outputs.locator("svg", has_text="2-2-2").first).to_be_visible()  # a mark on the curves
        slider = outputs.locator(".noUi-handle")
        slider.focus()
        self.act("another rate", lambda: self.page.keyboard.press("ArrowLeft"), said(r"rate 0\.0\d+ (in epoch|after [0-9])"))
        self.picture("01-refined")
        self.act("stop", button("Stop").click, said("Stopped"))
        expect(outputs.locator(".jupyter-widgets")).to_have_count(0)
        self.picture("01-stopped")
        history = self.root / LESSONS.name / "results" / "quickstart" / "history.jsonl"
        events = [json.loads(line) for line in history.read_text().splitlines()]
        refined = [event for event in events if event["event"] == "refine"]
        self.assertEqual([event["net"] for event in refined], ["2-2-2 euler"], refined)
        # The lesson's own next step goes on from there.
        table = self.run_cell(self.find(notebook, "notebook.Refine("))
        expect(table).to_contain_text("2-2-2 euler")
        expect(table).to_contain_text("4-4-4 euler")
        self.check_quiet()


if __name__ == "__main__":
    main()
