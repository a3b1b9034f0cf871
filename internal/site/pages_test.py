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

from playwright.sync_api import expect, sync_playwright

from pages import build

CHROMIUM = os.environ.get("CNET_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
SCREENSHOTS = os.environ.get("CNET_SCREENSHOTS")
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LIMIT = 60_000  # milliseconds to wait for anything


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

    def open(self, path, width):
        """Opens a page of a width, in a browser without a network, and returns it and the list of what went wrong."""
        context = self.browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        self.addCleanup(context.close)
        page = context.new_page()
        page.set_default_timeout(LIMIT)
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
        """Every page is whole without a network, at two widths: formulas, charts, links; every slider moves its chart."""
        for path in self.pages:
            for width in (1280, 700):
                with self.subTest(page=path.stem, width=width):
                    page, wrong = self.open(path, width)
                    if SCREENSHOTS:
                        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
                        page.screenshot(path=Path(SCREENSHOTS) / f"{path.stem}-{width}.png", full_page=True)
                    if width > 1000:
                        self.move_sliders(page)
                    self.assertEqual(wrong, [])

    def move_sliders(self, page):
        charts = page.locator(".cnet-chart")
        for i in range(charts.count()):
            sliders = charts.nth(i).locator("input[type=range]")
            if not sliders.count():
                continue
            drawing = charts.nth(i).locator("svg.marks")
            before = drawing.evaluate("d => d.innerHTML")
            low, high, value = (float(sliders.first.evaluate(f"s => s.{name}")) for name in ("min", "max", "value"))
            sliders.first.evaluate(
                "(s, value) => { s.value = value; s.dispatchEvent(new Event('input')); }", high if value < high else low,
            )
            page.wait_for_function("([d, before]) => d.innerHTML != before", arg=[drawing.element_handle(), before])

    def test_links(self):
        """Links between lessons lead to pages that are there."""
        for path in self.pages:
            for target in re.findall(r'href="([\w.-]+\.(?:html|ipynb|md))', path.read_text(encoding="utf-8")):
                self.assertTrue((self.folder / target).is_file(), f"{path.name} links to {target}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
