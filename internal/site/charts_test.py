"""Tests of charts in a headless Chromium, driven by Playwright, without a network.

    make vega                                          # once: writes the specifications of the Go tests to bin/specs
    .venv/bin/python -B internal/site/charts_test.py

Each specification that the Go tests make is drawn, among them those of the saved lessons, by what draws the charts of
the pages. Some are pointed at, zoomed, clicked and played. They are skipped without a Chromium (apt install chromium;
CNET_CHROMIUM names another program).
"""

import json
import re
import tempfile
import unittest
from pathlib import Path

import vl_convert
from playwright.sync_api import TimeoutError, expect, sync_playwright

from pages import TEMPLATE, VEGA
from pages_test import CHROMIUM, LIMIT

SPECS = Path(__file__).parents[2] / "bin" / "specs"

# Shows a specification in the place of the one before, as a page has it. Below it is room to scroll.
SHOW = """([spec, script]) => {
    document.body.style.minHeight = "3000px";
    const place = document.createElement("div"), data = document.createElement("script");
    place.className = "cnet-chart";
    data.type = "application/json";
    data.textContent = spec;
    place.append(data);
    const drawing = document.createElement("script");
    drawing.textContent = script;
    document.body.replaceChildren(place, drawing);
}"""

LABELS = """() => [...document.querySelectorAll("svg.marks .role-axis-label text")]
    .map(label => label.textContent).sort().join(" ")"""

# How many marks there are with a size. A line of one point has none.
DRAWN = """() => [...document.querySelectorAll("svg.marks .role-mark > *")].filter(mark => {
    const {width, height} = mark.getBoundingClientRect();
    return width > 0 || height > 0;
}).length"""


def has_points(spec):
    """Reports whether a specification has a picture, or two numbers that something can be drawn of."""
    rows = [row for rows in (spec.get("datasets") or {}).values() for row in rows or []]
    return any("u" in row or sum(y is not None for y in row.get("y", [])) > 1 for row in rows)


@unittest.skipUnless(CHROMIUM, "no Chromium: apt install chromium")
class ChartsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.specs = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SPECS.glob("*.json"))}
        if not cls.specs:
            raise FileNotFoundError(f"no specifications in {SPECS}: make vega writes them")
        scratch = tempfile.TemporaryDirectory(prefix="cnet-charts-")
        cls.addClassCleanup(scratch.cleanup)
        folder = Path(scratch.name)
        (folder / "vega.js").write_text(vl_convert.javascript_bundle(vl_version=VEGA), encoding="utf-8")
        cls.empty = folder / "index.html"
        cls.empty.write_text('<!DOCTYPE html><meta charset="utf-8"><title>Charts</title><body>'
                             '<script src="vega.js"></script>')
        cls.script = (TEMPLATE / "chart.js").read_text(encoding="utf-8")
        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        # Without a sandbox, because the tests of a container run as root; the charts are our own.
        cls.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        cls.addClassCleanup(cls.browser.close)
        expect.set_options(timeout=LIMIT)

    def setUp(self):
        context = self.browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
        self.addCleanup(context.close)
        self.page = context.new_page()
        self.page.set_default_timeout(LIMIT)
        self.wrong = []  # what went wrong
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda r: re.match("file:|data:|blob:", r.url) or
                     self.wrong.append(f"asks for {r.url}"))

    def hear(self, message):
        """Keeps errors and warnings but one: vl-convert has a newer Vega than Vega-Lite 5 was made for."""
        if message.type in ("error", "warning") and not message.text.startswith("The compiled spec uses Vega v5"):
            self.wrong.append(message.text)

    def show(self, name):
        """Draws a specification."""
        self.page.evaluate(SHOW, [self.specs[name], self.script])
        try:
            self.page.wait_for_selector("svg.marks", state="attached")
        except TimeoutError:
            self.fail(f"nothing is drawn: {self.wrong}")

    def open(self, name):
        """Opens a page with a specification."""
        self.page.goto(self.empty.as_uri())
        self.show(name)

    def test_every_specification(self):
        """Each one is drawn, without an error or a request."""
        self.page.goto(self.empty.as_uri())
        for name, spec in self.specs.items():
            with self.subTest(name):
                self.wrong.clear()
                self.show(name)
                self.assertEqual(self.wrong, [])
                if has_points(json.loads(spec)):
                    self.assertTrue(self.page.evaluate(DRAWN), "nothing is drawn")
                svg = self.page.evaluate("document.querySelector('svg.marks').innerHTML")
                self.assertNotIn("NaN", svg)
                # What readers of screens say has the names of the chart, not those of the data's fields.
                self.assertNotRegex(svg, r'aria-label="[^"]*(data:image|undefined|null|\b[suv]: )')

    def mark(self, kind, *says):
        """Returns the first mark of a kind whose description has these parts."""
        says = "".join(f'[aria-label*="{part}"]' for part in says)
        return self.page.locator(f"svg.marks .mark-{kind}.role-mark > path{says}").first

    def point_at(self, place):
        """Moves the pointer to the middle of a mark, and returns it."""
        box = place.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        return x, y

    def expect_tooltip(self, **values):
        """Below the pointer are these values; where nothing is, there are none."""
        tooltip = self.page.locator("#vg-tooltip-element")
        expect(tooltip).to_be_visible()
        names, shown = (tooltip.locator(f"td.{what}").all_text_contents() for what in ("key", "value"))
        self.assertEqual(dict(zip(names, shown)), values)
        self.page.mouse.move(1, 1)
        expect(tooltip).not_to_be_visible()

    def test_tooltips(self):
        """Values of a curve, of a point and of a cell appear below the pointer, and go with it."""
        self.open("chart, TestVegaDrawsEverything, guides")
        self.point_at(self.mark("symbol", "series: heun", "steps: 10;"))
        self.expect_tooltip(series="heun", steps="10", error="1.1·10⁻⁴")
        self.open("chart, TestVegaDrawsEverything, field")
        self.point_at(self.mark("symbol", "series: start"))
        self.expect_tooltip(**{"series": "start", "x": "1", "x ": "0"})  # both axes are called x
        self.open("chart, TestVegaDrawsEverything, heat")
        self.point_at(self.mark("rect", "row: rk4", "steps: 2"))
        self.expect_tooltip(row="rk4", steps="2", Heat="100 %")
        self.assertEqual(self.wrong, [])

    def labels(self):
        """Returns the texts at the axes, in an order of their own: Vega appends what comes into view."""
        return self.page.evaluate(f"({LABELS})()")

    def expect_labels(self, before, same):
        """The texts at the axes become the same as before, or others."""
        self.page.wait_for_function(f"([before, same]) => (({LABELS})() == before) == same", arg=[before, same])

    def test_zoom(self):
        """The wheel zooms with Ctrl, and scrolls without; dragging moves what is seen; a double click goes back."""
        self.open("chart, TestVegaDrawsEverything, slider")
        plot = self.page.locator("svg.marks .role-scope").first
        before = self.labels()
        self.point_at(plot)
        self.page.mouse.wheel(0, 40)
        self.page.wait_for_function("scrollY > 0")
        self.page.evaluate("scrollTo(0, 0)")
        self.assertEqual(self.labels(), before)
        self.page.keyboard.down("Control")
        self.page.mouse.wheel(0, -300)
        self.page.keyboard.up("Control")
        self.expect_labels(before, same=False)
        self.assertEqual(self.page.evaluate("scrollY"), 0)
        x, y = self.point_at(plot)
        self.page.mouse.dblclick(x, y)
        self.expect_labels(before, same=True)
        self.page.mouse.down()
        self.page.mouse.move(x - 150, y, steps=3)
        self.page.mouse.up()
        self.expect_labels(before, same=False)
        self.page.mouse.dblclick(x, y)
        self.expect_labels(before, same=True)
        self.assertEqual(self.wrong, [])

    def test_legend(self):
        """A click on a name lets the other series fade, a second one brings them back; in the plot it does nothing."""
        self.open("chart, TestVegaDrawsEverything, guides")
        heun, euler = (self.mark("line", name) for name in ("heun", "euler"))
        name = self.page.locator("svg.marks .role-legend-label text", has_text="heun")
        for opacity in ("0.15", "1", "0.15"):
            name.click()
            expect(euler).to_have_css("opacity", opacity)
            expect(heun).to_have_css("opacity", "1")
            x, y = self.point_at(self.page.locator("svg.marks .role-scope").first)
            self.page.mouse.click(x, y)
            expect(euler).to_have_css("opacity", opacity)
        self.assertEqual(self.wrong, [])

    def test_play(self):
        """The box lets the slider go by itself, and stops it. The clock is the test's."""
        self.page.clock.install(time=0)
        self.open("chart, TestVegaDrawsEverything, play")
        self.page.clock.pause_at(1000 * 3600)
        play, slider = self.page.locator("input[type=checkbox]"), self.page.locator("input[type=range]")

        def after(seconds):
            self.page.clock.run_for(1000 * seconds)
            return slider.input_value()

        self.assertEqual(after(10), "0")
        play.check()
        seen = [after(1) for _ in range(3)]
        self.assertEqual(len({*seen, "0"}), 4, seen)
        play.uncheck()
        stopped = slider.input_value()
        self.assertEqual([after(1) for _ in range(3)], [stopped] * 3)
        expect(self.page.get_by_text(f"Frames · Solution, steps = {stopped}", exact=True)).to_be_attached()
        self.assertEqual(self.wrong, [])

    def test_linked(self):
        """The cell of Manifest's heat map that is pointed at chooses what the pictures beside it show."""
        self.open("figures, TestVegaDrawsManifestedImages, images")
        beside = self.page.locator("svg.marks .p1_group")
        shown = set()
        for cell, title in (
            (("row: euler", "each stage: 1"), "euler × 1: 0 of 16 change class"),
            (("row: midpoint", "each stage: 1"), "midpoint × 1: 2 of 16 change class"),
            (("row: euler", "each stage: 2"), "euler × 2: 1 of 16 change class"),
        ):
            self.point_at(self.mark("rect", *cell))
            expect(self.page.get_by_text(title, exact=True)).to_be_attached()
            shown.add(beside.locator(".role-mark").evaluate_all("marks => marks.map(m => m.innerHTML).join()"))
        self.assertEqual(len(shown), 3)
        self.assertEqual(self.wrong, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
