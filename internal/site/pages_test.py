"""Tests of the pages that pages.py makes of the saved notebooks, in a headless Chromium, driven by Playwright.

    .venv/bin/python -B internal/site/pages_test.py
    CNET_SCREENSHOTS=DIR .venv/bin/python -B internal/site/pages_test.py    # also saves a picture of every page in DIR

They are skipped without a Chromium (apt install chromium; CNET_CHROMIUM names another program).
"""

import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

from playwright.sync_api import TimeoutError as Late
from playwright.sync_api import expect, sync_playwright

from pages import build

CHROMIUM = os.environ.get("CNET_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
SCREENSHOTS = os.environ.get("CNET_SCREENSHOTS")
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LIMIT = 60_000  # milliseconds to wait for anything
WIDTHS = 1280, 700, 370  # the last one is a telephone's
COLUMN = 340  # how wide the column is there, at least
SMALLEST = 9  # pixels, of letters in charts

# How light it is behind an element, from 0 to 1: the nearest background that is not transparent.
SHADE = """window.shadeBehind = e => {
    for (; e; e = e.parentElement) {
        const [r, g, b, opacity = 1] = (getComputedStyle(e).backgroundColor.match(/[\d.]+/g) || []).map(Number);
        if (opacity > 0) return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
    }
    return 1;
}"""

# Of each chart how wide it is drawn, how wide its column is and what is in that, and how large its smallest letters are.
# A text that is turned has its scale in two numbers.
CHARTS = """() => [...document.querySelectorAll(".cnet-chart")].map(column => {
    const drawing = column.querySelector("svg.marks");
    const size = text => {
        const at = text.getScreenCTM();
        return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(at.a, at.b);
    };
    const letters = [...drawing.querySelectorAll("text")].filter(text => text.textContent.trim()).map(size);
    return {width: drawing.getBoundingClientRect().width, column: column.clientWidth, content: column.scrollWidth,
            letters: Math.min(99, ...letters)};
})"""


@unittest.skipUnless(CHROMIUM, "no Chromium: apt install chromium")
class PagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="cnet-pages-")
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name)
        build(NOTEBOOKS, cls.folder)
        cls.pages = sorted(path for path in cls.folder.glob("*.html") if path.stem != "index")
        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        # Without a sandbox, because the tests of a container run as root; the pages are our own.
        cls.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        cls.addClassCleanup(cls.browser.close)
        expect.set_options(timeout=LIMIT)

    def open(self, path, theme):
        """Opens a page in a browser without a network, and returns it and the list of what went wrong."""
        context = self.browser.new_context(color_scheme=theme, offline=True, viewport={"width": WIDTHS[0], "height": 900})
        self.addCleanup(context.close)
        page = context.new_page()
        page.set_default_timeout(LIMIT)
        page.add_init_script(SHADE)
        wrong = []
        page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda r: re.match("file:|data:|blob:", r.url) or wrong.append(f"asks for {r.url}"))
        page.goto(path.as_uri())
        page.wait_for_function("typeof MathJax == 'object' && MathJax.isReady && !MathJax.Hub.queue.pending")
        charts = page.locator(".cnet-chart")
        expect(page.locator(".cnet-chart svg.marks")).to_have_count(charts.count())
        return page, wrong

    def test_every_page(self):
        """Every page is whole without a network, in both themes, at three widths: formulas, charts; sliders move charts."""
        for path in self.pages:
            for theme in ("light", "dark"):
                page, wrong = self.open(path, theme)
                for width in WIDTHS:
                    with self.subTest(page=path.stem, theme=theme, width=width):
                        page.set_viewport_size({"width": width, "height": 900})
                        self.check_charts(page, width)
                        if SCREENSHOTS:
                            Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
                            picture = Path(SCREENSHOTS) / f"page-{path.stem}-{theme}-{width}.png"
                            page.screenshot(path=picture, full_page=True)
                        self.check_look(page, theme, width)
                        self.check_spoken(page)
                        self.move_sliders(page)
                        self.unfold(page)
                        self.assertEqual(wrong, [])
                page.context.close()

    def check_charts(self, page, width):
        """Every chart is as wide as it can be where that fits into its column, and fits where it does not."""
        fits = f"({CHARTS})().every(c => Math.max(c.width, c.content) <= c.column + 1)"
        try:
            page.wait_for_function(fits, timeout=10_000)
        except Late:
            pass  # what is too wide is said below
        charts = page.evaluate(CHARTS)
        if width == WIDTHS[0]:
            self.wide = [chart["width"] for chart in charts]
        for i, (chart, wide) in enumerate(zip(charts, self.wide, strict=True)):
            said = f"chart {i + 1}: {chart}, and {wide} px wide where there is room"
            self.assertLessEqual(max(chart["width"], chart["content"]), chart["column"] + 1, said)
            if wide <= chart["column"]:
                self.assertAlmostEqual(chart["width"], wide, delta=1, msg=said)
            self.assertGreaterEqual(chart["letters"], SMALLEST, said)
            self.assertGreaterEqual(chart["column"], COLUMN, said)

    def check_look(self, page, theme, width):
        """The page is as wide as the window, and as dark as the theme."""
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
        shades = page.evaluate("[document.body, ...document.querySelectorAll('.cnet-chart svg.marks')].map(shadeBehind)")
        for shade in shades:
            self.assertEqual("light" if shade > 0.5 else "dark", theme, shades)

    def check_spoken(self, page):
        """Readers of a screen hear what each chart shows, and find its slider: what is in an image they do not."""
        charts = page.locator(".cnet-chart")
        for i in range(charts.count()):
            expect(charts.nth(i)).to_have_role("figure")
            expect(charts.nth(i)).to_have_accessible_name(re.compile(".."))

    def move_sliders(self, page):
        """Pulls every slider to its other end; its chart follows."""
        charts = page.locator(".cnet-chart")
        for i in range(charts.count()):
            sliders = charts.nth(i).locator("input[type=range]")
            for k in range(sliders.count()):
                drawing, slider = charts.nth(i).locator("svg.marks"), sliders.nth(k)
                before = drawing.evaluate("d => d.innerHTML")
                low, high, value = (float(slider.evaluate(f"s => s.{name}")) for name in ("min", "max", "value"))
                slider.evaluate(
                    "(s, value) => { s.value = value; s.dispatchEvent(new Event('input')); }",
                    low if value > (low + high) / 2 else high,
                )
                page.wait_for_function("([d, before]) => d.innerHTML != before", arg=[drawing.element_handle(), before])

    def unfold(self, page):
        """What is folded away opens, and closes again."""
        folded = page.locator("details")
        for i in range(folded.count()):
            text, summary = folded.nth(i).locator("p").first, folded.nth(i).locator("summary")
            expect(text).not_to_be_visible()
            summary.click()
            expect(text).to_be_visible()
            summary.click()

    def test_links(self):
        """Links between lessons lead to pages that are there."""
        for path in self.pages:
            for target in re.findall(r'href="([\w.-]+\.(?:html|ipynb|md))', path.read_text(encoding="utf-8")):
                self.assertTrue((self.folder / target).is_file(), f"{path.name} links to {target}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
