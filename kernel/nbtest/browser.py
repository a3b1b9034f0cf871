"""Tests of the first notebook in JupyterLab in a headless Chromium, driven by Playwright.

    .venv/bin/python kernel/nbtest/browser.py
    CNET_SCREENSHOTS=DIR .venv/bin/python kernel/nbtest/browser.py    # also saves a picture of every step in DIR

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

from live import TIMEOUT, JupyterServer, main, poll

CHROMIUM = os.environ.get("CNET_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
SCREENSHOTS = os.environ.get("CNET_SCREENSHOTS")
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01-quickstart.ipynb"
LIMIT = 1000 * TIMEOUT  # milliseconds to wait for anything

# Indices of cells in the notebook.
TRAIN, PREDICTIONS = 4, 6
REOPEN = """import ("fmt"; "continuousnet/cnet")
%%
run := cnet.MustOpen("results/quickstart")
fmt.Println("opened at batch", run.Batch(), "of epoch", run.Epoch()+1)"""


def start_lab(scratch, folder=None):
    """Returns a JupyterLab that runs on a copy of the first notebook, as quickstart.ipynb, or of a folder."""
    root = scratch / "root"
    root.mkdir()
    if folder:
        shutil.copytree(folder, root / folder.name, ignore=shutil.ignore_patterns("results", ".ipynb_checkpoints"))
    else:
        shutil.copy(NOTEBOOK, root / "quickstart.ipynb")
    # JupyterLab would ask whether to fetch news.
    settings = scratch / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    return JupyterServer(
        "jupyterlab", root, "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--LabApp.workspaces_dir={scratch / 'workspaces'}", f"--LabApp.user_settings_dir={scratch / 'settings'}",
    )


def start_cell(page, cell):
    """Has a cell that has no number yet run, as a user does, and returns its outputs.

    JupyterLab may take the focus away once more while it loads the notebook, and with it the keys. On a busy machine the
    prompt comes late: a cell that is asked for twice runs twice.
    """
    def began():
        try:
            cell.locator(".cm-content").click(timeout=60_000)
            page.keyboard.press("Control+Enter")
            expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"[*\d]"), timeout=15_000)
            return True
        except AssertionError:
            return False
        except Late:  # a slow JupyterLab asks for the kernel that the notebook names
            dialog = page.locator(".jp-Dialog")
            print("  the cell cannot be clicked:", dialog.all_inner_texts(), flush=True)
            if dialog.locator("select").count():
                dialog.locator("select").first.select_option(label="ContinuousNet (Go)")
                dialog.locator("button.jp-mod-accept").click()
            return False

    if not poll(began):
        raise AssertionError("the cell does not begin")
    return cell.locator(".jp-OutputArea").first


@unittest.skipUnless(CHROMIUM, "no Chromium: apt install chromium")
class BrowserTest(unittest.TestCase):
    """The steps of one session, in order: each continues where the one before has stopped."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="cnet-lab-")
        cls.addClassCleanup(scratch.cleanup)
        cls.lab = start_lab(Path(scratch.name))
        cls.addClassCleanup(cls.lab.close)
        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        # Without a sandbox, because the tests of a container run as root; the only page is our own.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        cls.addClassCleanup(browser.close)
        cls.page = browser.new_page(viewport={"width": 1400, "height": 1000})
        cls.pictures = 0

    def picture(self, name):
        if SCREENSHOTS:
            BrowserTest.pictures += 1
            Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(SCREENSHOTS) / f"{BrowserTest.pictures:02}-{name}.png")

    def menu(self, *names):
        for name in names:
            self.page.get_by_role("menuitem", name=re.compile("^" + name)).first.click()

    def await_state(self, state):
        """Waits until the status bar shows this state of the kernel, such as Idle or Busy."""
        bar = self.page.locator("#jp-main-statusbar")
        expect(bar.get_by_text(re.compile(rf"ContinuousNet \(Go\) \| {state}"))).to_be_visible(timeout=LIMIT)

    def cell(self, index):
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{index}"]')

    def show(self, index):
        """Scrolls to a cell and returns it; JupyterLab removes distant cells from the page."""
        scroller = self.page.locator(".jp-WindowedPanel-outer").first
        if not poll(lambda: self.cell(index).count() or scroller.evaluate("e => { e.scrollTop += 300 }"), 10):
            scroller.evaluate("e => { e.scrollTop = 0 }")
        self.cell(index).scroll_into_view_if_needed(timeout=LIMIT)

    def outputs(self, index):
        """Returns a cell's outputs as HTML."""
        return "".join(
            self.cell(index).locator(".jp-OutputArea-output").evaluate_all("all => all.map(o => o.innerHTML)")
        )

    def drawing(self, index):
        """Returns the chart in a cell's output as SVG."""
        return "".join(
            self.cell(index).locator(".jp-OutputArea-output svg").evaluate_all("all => all.map(o => o.outerHTML)")
        )

    def run_cell(self, index):
        """Runs one cell as a user does, and waits for its end."""
        self.show(index)
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        expect(self.cell(index).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"), timeout=LIMIT)

    def append_cell(self, text):
        """Writes a new cell at the end and returns its index."""
        page = self.page
        page.locator(".jp-Notebook-footer").click()
        index = int(page.locator(".jp-Notebook .jp-Cell.jp-mod-active").get_attribute("data-windowed-list-index"))
        page.keyboard.press("Enter")
        page.keyboard.insert_text(text)
        return index

    def open(self):
        """Open."""
        self.page.goto(f"http://{self.lab.address}/lab/tree/quickstart.ipynb?token={self.lab.token}")
        self.await_state("Idle")
        self.picture("open")

    def train(self):
        """Run all; the chart changes while it trains."""
        self.menu("Run", "Run All Cells")
        self.show(TRAIN)
        first = poll(lambda: self.drawing(TRAIN))
        self.assertTrue(first, "no chart")
        self.picture("training")
        drawings = {first}
        self.assertTrue(
            poll(lambda: drawings.add(self.drawing(TRAIN)) or len(drawings) > 5), "the chart stays as it is",
        )
        self.await_state("Busy")
        self.picture("training-later")

    def stop(self):
        """Stop; the cell saves."""
        self.page.get_by_title("Interrupt the kernel").click()
        expect(self.cell(TRAIN).get_by_text("Interrupted").first).to_be_visible(timeout=LIMIT)
        self.await_state("Idle")
        self.show(TRAIN)
        self.assertIn("and saved", self.outputs(TRAIN))
        self.picture("stopped")

    def next_cell(self):
        """The next cell runs."""
        self.run_cell(PREDICTIONS)
        pictures = self.cell(PREDICTIONS).locator(
            ":is(.jp-OutputArea-output img, .jp-OutputArea-output svg, .vega-embed canvas)",
        )
        expect(pictures.first).to_be_visible(timeout=LIMIT)
        self.assertEqual(self.cell(PREDICTIONS).locator(".jp-mod-error, [data-mime-type*=stderr]").count(), 0)
        self.picture("next")

    def complete(self):
        """Complete."""
        index = self.append_cell("notebook.")
        self.page.keyboard.type("Tr")
        self.page.keyboard.press("Tab")
        written = self.cell(index).locator(".cm-content")
        choice = self.page.locator(".jp-Completer-item .jp-Completer-match").filter(has_text="Train")
        # A single match is written at once; among several one is chosen.
        poll(lambda: choice.count() or "Train" in written.inner_text())
        self.picture("completing")
        if choice.count():
            self.page.keyboard.press("Enter")
        expect(written).to_have_text(re.compile(r"^notebook\.Train"), timeout=LIMIT)

    def restart(self):
        """Restart; the run opens again."""
        self.menu("Kernel", "Restart Kernel…")
        self.page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart").click()
        self.await_state("Idle")
        index = self.append_cell(REOPEN)
        self.run_cell(index)
        expect(self.cell(index).locator(".jp-OutputArea-output").first).to_contain_text(
            "opened at batch", timeout=LIMIT,
        )
        self.assertRegex(self.outputs(index), r"opened at batch [1-9]")
        self.assertEqual(self.cell(index).locator(".jp-InputPrompt").inner_text(), "[1]:")
        self.picture("reopened")

    def test_story(self):
        for step in (self.open, self.train, self.stop, self.next_cell, self.complete, self.restart):
            print(f"  {step.__doc__}", flush=True)
            step()


if __name__ == "__main__":
    main()
