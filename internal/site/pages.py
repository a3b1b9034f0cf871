"""Makes a folder of web pages of the saved notebooks. They work without a server, a network or a kernel.

    .venv/bin/python internal/site/pages.py notebooks --output bin/site

Charts keep their sliders, and pages are light or dark as the browser is; Vega and MathJax lie beside the pages.
"""

import argparse
import html
import re
import shutil
import sys
from pathlib import Path

import nbformat
import vl_convert
from jupyter_server_mathjax.app import STATIC_ASSETS_PATH as MATHJAX
from nbconvert import HTMLExporter
from nbconvert.utils.base import NbConvertBase
from traitlets.config import Config

VEGA = "5.21"  # the version of Vega-Lite, with the Vega that goes with it
CHART = "application/vnd.vegalite.v5+json"
TEMPLATE = Path(__file__).parent / "template"
# A link to another notebook, or to a file of Markdown beside it.
LINK = re.compile(r'href="([\w.-]+)\.(?:ipynb|md)((?:#[^"]*)?)"')


def title_of(notebook, path):
    """Returns the first heading."""
    for cell in notebook.cells:
        for line in cell.source.splitlines():
            if cell.cell_type == "markdown" and line.startswith("# "):
                return line[2:].strip()
    return path.stem


def has_charts(notebook):
    return any(CHART in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))


def exporter():
    """Returns nbconvert's exporter with the template of this folder."""
    config = Config()
    # Of an output's types the first one here is shown: a chart before the picture of it.
    config.NbConvertBase.display_data_priority = [
        CHART, *(t for t in NbConvertBase().display_data_priority if t != CHART),
    ]
    return HTMLExporter(
        config=config, template_name=TEMPLATE.name, extra_template_basedirs=[str(TEMPLATE.parent)],
        mathjax_url="mathjax/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe",
    )


def page(notebook, title, around):
    """Returns a notebook as HTML. around has the links to the index, and to the lessons before and after."""
    notebook.metadata["title"] = title
    writer = exporter()
    dark, *_ = writer.environment.loader.get_source(writer.environment, "static/theme-dark.css")
    body, _ = writer.from_notebook_node(notebook, resources={
        "cnet": {"chart": CHART, "charts": has_charts(notebook), "dark": dark, **around},
    })
    return LINK.sub(r'href="\1.html\2"', body)


def text_page(text, title, index):
    """Returns a file of Markdown as HTML."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    return page(notebook, title, {"index": index, "before": None, "after": None})


def build(source, output):
    output.mkdir(parents=True, exist_ok=True)
    paths = sorted(source.glob("*.ipynb"))
    if not paths:
        sys.exit(f"no notebooks in {source}")
    lessons = [nbformat.read(path, as_version=4) for path in paths]
    titles = [title_of(notebook, path) for notebook, path in zip(lessons, paths)]
    index = f"{paths[0].stem}.html"

    def neighbour(i):
        return (f"{paths[i].stem}.html", html.escape(titles[i])) if 0 < i < len(paths) else None

    for i, (path, notebook) in enumerate(zip(paths, lessons)):
        around = {"index": index, "before": neighbour(i - 1), "after": neighbour(i + 1)}
        (output / f"{path.stem}.html").write_text(page(notebook, titles[i], around), encoding="utf-8")
    for path in sorted(source.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        title = text.splitlines()[0].lstrip("# ")
        (output / f"{path.stem}.html").write_text(text_page(text, title, index), encoding="utf-8")
    # A browser that is pointed at the folder finds this name.
    (output / "index.html").write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={index}">'
        f'<title>{html.escape(titles[0])}</title><a href="{index}">{html.escape(titles[0])}</a>\n', encoding="utf-8",
    )
    # Messages in English are in the program itself; what reads formulas aloud is left out with its menu.
    shutil.copytree(MATHJAX, output / "mathjax", dirs_exist_ok=True, ignore=shutil.ignore_patterns("localization", "mathmaps"))
    if any(has_charts(notebook) for notebook in lessons):
        (output / "vega.js").write_text(vl_convert.javascript_bundle(vl_version=VEGA), encoding="utf-8")
    return len(paths)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the folder of the notebooks")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    args = parser.parse_args()
    count = build(args.source, args.output)
    print(f"{count} pages: open {args.output / 'index.html'}")


if __name__ == "__main__":
    main()
