"""Makes the moving pictures of the README from two lessons in JupyterLab, in a headless Chromium: a training in which
Refine is pressed, and a chart whose slider carries points through depth.

    .venv/bin/python -B kernel/nbtest/moving.py assets    # make moving-pictures

What is seen is what ran: pictures of a page, in their order and as fast as it was. Look at them before they are
committed.
"""

import argparse
import io
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from PIL import Image, ImageChops
from playwright.sync_api import expect, sync_playwright

from browser import CHROMIUM, LIMIT, NOTEBOOK, start_cell, start_lab
from live import poll

LESSONS = NOTEBOOK.parent
LARGEST = 1_000_000  # bytes of a picture
MOST = 40  # frames of a picture
COLORS = 96
PAUSE = 0.4  # seconds between pictures
LAST = 2.5  # seconds that the last picture stays

THUMB = 16  # pixels of a slider's
FLOW = "notebook.Flow(spirals)"

# A pointer, which pictures of a page leave out.
POINTER = """() => {
    const pointer = document.createElement("div");
    pointer.id = "pointer";
    pointer.style.cssText = "position:fixed;left:0;top:0;z-index:99999;pointer-events:none;width:24px;height:24px";
    pointer.innerHTML = `<svg viewBox="0 0 24 24"><path
        d="M5 2 L5 19 L9.5 15 L12.5 22 L15.5 20.7 L12.6 13.8 L18.5 13.5 Z" fill="black" stroke="white" stroke-width="1.5"/></svg>`;
    document.body.appendChild(pointer);
}"""
MOVE = "([x, y]) => { document.getElementById('pointer').style.transform = `translate(${x - 5}px, ${y - 2}px)`; }"


class Film:
    """Pictures of a part of a page, and the times at which they were taken."""

    def __init__(self, page, place):
        self.page, self.place = page, place
        self.pictures, self.times = [], []
        page.evaluate(POINTER)

    def shoot(self):
        data = self.page.screenshot(clip=self.place())
        self.times.append(time.monotonic())
        self.pictures.append(Image.open(io.BytesIO(data)).convert("RGB"))

    def watch(self, until, limit=120):
        """Takes pictures until a condition is true."""
        end = time.monotonic() + limit
        while not until():
            if time.monotonic() > end:
                sys.exit(f"what a film waits for has not come within {limit} s")
            self.shoot()
            if until():  # it may have come before the picture
                self.pictures.pop()
                self.times.pop()
            time.sleep(PAUSE)

    def move(self, x, y):
        """Moves the mouse, and the pointer with it."""
        self.page.mouse.move(x, y)
        self.page.evaluate(MOVE, [x, y])

    def point(self, locator):
        """Moves the mouse to the middle of something."""
        box = locator.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for away in (60, 25, 0):
            self.move(x + away, y + away / 2)
            self.shoot()

    def save(self, path):
        """Writes a GIF without the pictures that equal the one before, with as long a time for each as it had."""
        size = max(p.width for p in self.pictures), max(p.height for p in self.pictures)
        shown = [after - before for before, after in zip(self.times, self.times[1:])] + [0]
        frames, lasting = [], []
        for picture, real in zip(self.pictures, shown):
            whole = Image.new("RGB", size, "white")
            whole.paste(picture)
            if frames and not ImageChops.difference(frames[-1], whole).getbbox():
                lasting[-1] += real
            else:
                frames.append(whole)
                lasting.append(real)
        while len(frames) > MOST:  # without the one that is seen for the shortest time; the one before it stays on
            i = min(range(1, len(frames) - 1), key=lambda i: lasting[i - 1] + lasting[i])
            lasting[i - 1] += lasting.pop(i)
            frames.pop(i)
        lasting[-1] += LAST
        # The colours of some of them together, so that none changes from one to the next.
        some = frames[:: max(1, len(frames) // 6)] + frames[-1:]
        sheet = Image.new("RGB", (size[0], size[1] * len(some)), "white")
        for i, frame in enumerate(some):
            sheet.paste(frame, (0, size[1] * i))
        palette = sheet.quantize(COLORS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
        # GIF counts in hundredths of a second.
        frames[0].save(
            path, save_all=True, append_images=frames[1:], duration=[max(4, round(100 * s)) * 10 for s in lasting],
            loop=0, optimize=True,
        )
        count = path.stat().st_size
        print(f"{path}: {len(frames)} of {len(self.pictures)} pictures, {size[0]}×{size[1]}, "
              f"{sum(lasting):.1f} s, {count / 1000:.0f} kB", flush=True)
        if count > LARGEST:
            sys.exit(f"{path} has {count} bytes; expected at most {LARGEST}")


def around(*locators, margin=6):
    """Returns a function that gives the place of things on the page, with a margin, in whole pixels."""
    def place():
        boxes = [locator.bounding_box() for locator in locators]
        left, top = min(b["x"] for b in boxes) - margin, min(b["y"] for b in boxes) - margin
        right = max(b["x"] + b["width"] for b in boxes) + margin
        bottom = max(b["y"] + b["height"] for b in boxes) + margin
        return {"x": round(left), "y": round(top), "width": round(right - left), "height": round(bottom - top)}
    return place


class Lab:
    """JupyterLab with the lessons, in a browser."""

    def __init__(self, playwright, scratch):
        self.lab = start_lab(Path(scratch), LESSONS)
        self.folder = Path(scratch) / "root" / LESSONS.name
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        self.page = browser.new_page(viewport={"width": 1020, "height": 1200})
        self.page.set_default_timeout(LIMIT)
        expect.set_options(timeout=LIMIT)

    def open(self, name, *texts, saved=False, change=("", "")):
        """Opens the cells of code of a lesson that have one of the texts, as a notebook, and returns them.

        saved keeps their saved outputs. change is a text in them, and what to put there.
        """
        lesson = nbformat.read(LESSONS / name, as_version=4)
        lesson.cells = [cell for cell in lesson.cells
                        if cell.cell_type == "code" and any(text in cell.source for text in texts)]
        for cell in lesson.cells:
            cell.execution_count = None
            cell.outputs = cell.outputs if saved else []
            cell.source = cell.source.replace(*change)
        nbformat.write(lesson, self.folder / f"film-{name}")
        page = self.page
        page.goto(f"http://{self.lab.address}/lab/tree/{self.folder.name}/film-{name}?token={self.lab.token}")
        panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        expect(panel.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")
        if page.locator("#jp-left-stack").is_visible():
            page.keyboard.press("Control+b")  # without the list of files
            expect(page.locator("#jp-left-stack")).not_to_be_visible()
        return panel.locator(".jp-Notebook .jp-CodeCell")


def refine(lab, path):
    """A net is trained, and refined while it trains."""
    cells = lab.open("01-quickstart.ipynb", "cnet.MustOpen(", "notebook.Until(", change=("Until(3)", "Until(5)"))
    prompt = lambda i: cells.nth(i).locator(".jp-InputPrompt")
    start_cell(lab.page, cells.nth(0))
    expect(prompt(0)).to_have_text(re.compile(r"\[\d+\]:"))
    outputs = start_cell(lab.page, cells.nth(1))
    button = outputs.get_by_role("button", name="Refine ×2")
    expect(button).to_be_visible()
    expect(outputs.get_by_text(re.compile("training loss")).first).to_be_visible()
    film = Film(lab.page, around(cells.nth(1).locator(".jp-InputArea-editor"), outputs))
    film.watch(lambda: outputs.get_by_text(re.compile("epoch 3")).count())
    film.point(button)
    button.click()
    film.watch(lambda: not button.is_visible())  # the controls go at the end of the cell
    film.save(path)


def flow(lab, path):
    """Points are carried through depth by the slider of a chart, as it is saved in the lesson."""
    cells = lab.open("04-a-net-is-a-flow.ipynb", FLOW, saved=True)
    chart = cells.nth(0).locator(".vega-embed:has(input[type=range])").first
    slider = chart.locator("input[type=range]").first
    expect(slider).to_be_visible()
    slider.scroll_into_view_if_needed()
    film = Film(lab.page, around(chart))
    low, high, step = (float(slider.evaluate(f"s => s.{name}")) for name in ("min", "max", "step"))
    for i in range(round((high - low) / step) + 1):
        to = low + i * step

        def moved():
            box = slider.bounding_box()  # JupyterLab may still be placing the chart
            x = box["x"] + THUMB / 2 + (box["width"] - THUMB) * (to - low) / (high - low)
            film.move(x, box["y"] + box["height"] / 2)
            lab.page.mouse.click(x, box["y"] + box["height"] / 2)
            return float(slider.input_value()) == to

        if not poll(moved, 20):
            sys.exit(f"the slider is at {slider.input_value()}, expected {to}")
        time.sleep(PAUSE)  # the chart follows
        film.shoot()
        time.sleep(PAUSE)
    film.save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where refine.gif and flow.gif are written")
    parser.add_argument("--only", choices=("refine", "flow"), help="make one of them")
    args = parser.parse_args()
    if not CHROMIUM:
        sys.exit("no Chromium: apt install chromium, or name one in CNET_CHROMIUM")
    with tempfile.TemporaryDirectory(prefix="cnet-film-") as scratch, sync_playwright() as playwright:
        lab = Lab(playwright, scratch)
        try:
            for make in (refine, flow):
                if args.only in (None, make.__name__):
                    make(lab, args.folder / f"{make.__name__}.gif")
        finally:
            lab.lab.close()


if __name__ == "__main__":
    main()
