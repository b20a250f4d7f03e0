"""The book as one PDF: `python book/_ext/pdf.py`, after the book is built.

    python book/_ext/pdf.py [PAGE ...]      writes _build/dgm-book.pdf

Chromium prints the pages, put together, twice: the first print tells on which page each
chapter begins, the second has these numbers in its contents. Living figures stand still
in the state that their page gives them; answers are open.
"""

import argparse
import logging
import os
import re
import shutil
import sys
from html import escape
from pathlib import Path

import yaml
from one_document import anchor, article, head, read
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking".split()
WIDTH = 643  # pixels of A4 without its margins: measured as it is printed
TITLE = """<section class="title-page"><img src="{picture}" alt=""><h1>{title}</h1>
<p>A course that you can touch. In print its figures stand still.</p>
<p class="small">{copyright}</p></section>
"""
RUNNING = '@page {name} {{ @top-left {{ content: "{heading}"; }} }}\n'
PLACE = 'article[data-page="{page}"] {{ page: {name}; }}\n'
NUMBER = """(numbers) => document.querySelectorAll("[data-number-of]").forEach(
  (node) => { node.textContent = numbers[node.dataset.numberOf]; })"""
READY = (ROOT / "book/_ext/pdf.js").read_text("utf8")


def contents(toc, pages):
    """List the book's parts as (caption, {page: heading}), as far as they are asked."""
    parts = []
    for part in toc["parts"]:
        entries = []
        for chapter in part["chapters"]:
            entries += [chapter, *chapter.get("sections", [])]
        kept = {e["file"]: e.get("title") for e in entries if e["file"] in pages}
        for name, title in kept.items():
            kept[name] = title or pages[name].h1.find(string=True, recursive=False)
        parts.append((part["caption"], kept))
    return [part for part in parts if part[1]]


def table(parts):
    """Write the contents; the numbers come after the first print."""
    lines = ['<nav class="pages"><h1>Contents</h1>']
    for caption, entries in parts:
        lines.append(f"<p>{escape(caption)}</p><ol>")
        for name, heading in entries.items():
            lines.append(
                f'<li><a href="#{anchor(name)}"><span>{escape(heading)}</span>'
                f'<span data-number-of="{anchor(name)}">0</span></a></li>'
            )
        lines.append("</ol>")
    return "\n".join([*lines, "</nav>"])


def document(pages, config, toc, site):
    """Write the whole: title page, contents, one article a page."""
    parts = contents(toc, pages)
    css, body = (ROOT / "book/_ext/pdf.css").read_text("utf8"), []
    picture = f"{site}/_static/bar.svg"
    body.append(TITLE.format(picture=picture, **config) + table(parts))
    for caption, entries in parts:
        for name, heading in entries.items():
            own = {"name": f"p{len(body)}", "page": name}
            own["heading"] = heading.replace('"', '\\"')
            css += RUNNING.format(**own) + PLACE.format(**own)
            body.append(article(pages, name, site, caption))
    body.insert(0, head(pages, site, css, config["title"]))
    return "\n".join([*body, "</body></html>"])


def print_out(browser, whole, pdf):
    """Let Chromium print a file, twice; return the headings, as they are written.

    Raises:
        RuntimeError: where a figure did not start, or something is wider than a page.
    """
    page = browser.new_page(viewport={"width": WIDTH, "height": 1000})
    page.set_default_timeout(0)
    page.emulate_media(media="print", reduced_motion="reduce")
    page.goto(whole.as_uri())
    faults, headings = page.evaluate(READY)
    if faults:
        raise RuntimeError("\n".join(faults))
    how = "prefer_css_page_size print_background outline tagged".split()
    for _ in range(2):
        page.pdf(path=pdf, **dict.fromkeys(how, True))
        page.evaluate(NUMBER, numbers_of(pdf))
    page.close()
    return headings


def numbers_of(pdf):
    """Say on which page of a PDF each of its named places is."""
    reader = PdfReader(pdf)
    return {
        name.removeprefix("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


def name_bookmarks(pdf, headings, title):
    """Write the headings into the outline: Chromium loses spaces in them."""
    writer = PdfWriter(clone_from=pdf)
    writer.add_metadata({"/Title": title})
    marks = [*bookmarks(writer.root_object["/Outlines"])]
    for mark, heading in zip(marks, headings, strict=True):
        mark[NameObject("/Title")] = TextStringObject(heading)
    writer.write(pdf)


def bookmarks(parent):
    """Yield an outline's entries in the order of their pages."""
    entry = parent.get("/First")
    while entry:
        entry = entry.get_object()
        yield entry
        yield from bookmarks(entry)
        entry = entry.get("/Next")


def make(browser, pages, out):
    """Print pages, parsed, into one PDF."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    whole = out.with_suffix(".html")
    site = Path(os.path.relpath(SITE, out.parent)).as_posix()
    whole.write_text(document(pages, config, toc, site), "utf8")
    headings = print_out(browser, whole, out)
    name_bookmarks(out, headings, config["title"])
    whole.unlink()


def chosen(names):
    """Parse the built pages that are asked for, all but the front page by default."""
    toc = (ROOT / "_toc.yml").read_text("utf8")
    return read(SITE, names or re.findall(r"- file: (\S+)", toc))


def main():
    """Print the pages of the command line, or the book."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "pages", nargs="*", help="such as book/05_jensen; all by default"
    )
    names = parser.parse_args().pages
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        sys.exit("Chromium prints the book: install it (`apt-get install chromium`).")
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it remarks on Chromium's PDF
    out = ROOT / "_build/dgm-book.pdf"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        make(browser, chosen(names), out)
    print(f"wrote {out.relative_to(ROOT)}, {len(PdfReader(out).pages)} pages")


if __name__ == "__main__":
    main()
