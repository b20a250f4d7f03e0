"""The built pages as one HTML document: in order, links within, nothing to click.

A page's ids get its name in front, so that no two pages share one; a link from page to
page becomes a link inside the document; pictures and styles are those of the site.
"""

import posixpath
from html import escape
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from dgm import figures

REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
WITHOUT = ".headerlink, .toctree-wrapper, script:not([type='application/json'])"
SCREEN = ("copybutton", "togglebutton")  # styles of what one clicks
HEAD = """<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light">
<head><meta charset="utf-8"><title>{title}</title>
{styles}
<style>{css}</style>
<script>window.MathJax = {{
  options: {{enableMenu: false, enableAssistiveMml: false,
    processHtmlClass: "tex2jax_process|mathjax_process|math|output_area"}} }};</script>
<script defer src="{mathjax}"></script>
<script>{figures}</script>
<script>{host}</script>
</head>
<body>
"""


def read(site, names):
    """Parse the named pages of a site: {name: soup}."""
    return {
        name: BeautifulSoup((site / f"{name}.html").read_text("utf8"), "html.parser")
        for name in names
    }


def head(pages, site, css, title):
    """Write the document's head: the pages' styles, ours, MathJax and the figures."""
    styles = {}
    for name, page in pages.items():
        for tag in page.select("link[rel=stylesheet]"):
            if not any(word in tag["href"] for word in SCREEN):
                styles[at(site, name, tag["href"])] = None
    links = [f'<link rel="stylesheet" href="{escape(url)}">' for url in styles]
    return HEAD.format(
        title=escape(title),
        styles="\n".join(links),
        css=css,
        mathjax=f"{site}/_static/vendor/mathjax/tex-mml-chtml.js",
        figures=figures.classic_all().replace("</", "<\\/"),
        host=(figures.HERE / "host.js").read_text("utf8"),
    )


def article(pages, name, site, heading):
    """Write one page's text, its links and ids made good for the whole."""
    body = pages[name].select_one("article.bd-article")
    for tag in body.select(WITHOUT):
        tag.decompose()
    for tag in body.select("details.hide"):  # code that would give an answer away
        tag["open"], tag.summary.string = "", "Code that the page hides"
        body.append(tag.extract())
    for tag in body.find_all("a", href=True):
        address = inner(pages, name, tag["href"])
        if address:
            tag["href"] = address
        elif not urlsplit(tag["href"]).scheme:
            tag.unwrap()
    for tag in body.find_all(src=True):
        tag["src"] = at(site, name, tag["src"])
    rename(body, name)
    top = f'<p class="chapter" id="{anchor(name)}">{escape(heading)}</p>'
    start = f'<article class="bd-article" data-page="{name}">'
    return f"{start}{top}{body.decode_contents()}</article>"


def rename(body, name):
    """Put a page's name in front of its ids, and of what refers to them."""
    for tag in body.find_all(id=True):
        tag["id"] = anchor(name, tag["id"])
    for attribute in REFERRING:
        for tag in body.find_all(attrs={attribute: True}):
            words = " ".join(tag.get_attribute_list(attribute)).split()
            tag[attribute] = " ".join(anchor(name, word) for word in words)


def anchor(name, target=""):
    """Name a place in the document: the top of a page, or an id on it."""
    return f"{PurePosixPath(name).name}--{target}".removesuffix("--")


def inner(pages, name, href):
    """Say where in the document a page's link leads, or None where it leads out."""
    url = urlsplit(href)
    if url.scheme or url.netloc:
        return None
    folder = posixpath.dirname(name)
    path = posixpath.normpath(posixpath.join(folder, url.path)) if url.path else name
    target = path.removesuffix(".html")
    fragment = url.fragment.partition("?")[0]
    return f"#{anchor(target, fragment)}" if target in pages else None


def at(site, name, url):
    """Say where a page's picture or style is, seen from the document."""
    if urlsplit(url).scheme:
        return url
    return posixpath.normpath(posixpath.join(str(site), posixpath.dirname(name), url))
