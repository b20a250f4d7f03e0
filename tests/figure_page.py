"""Living figures in a page of their own, as tests open and move them."""

import json

from dgm import figures

# all that is drawn and written, without the knobs themselves
SEEN = """(el) => {
    const copy = el.cloneNode(true);
    const knobs = copy.querySelectorAll(".lf-handle, .lf-slider, .lf-spoken");
    knobs.forEach((node) => node.remove());
    return copy.innerHTML;
}"""


def write_page(folder, *names, dark=False):
    """Write figures into one page as the book does; return its path."""
    boxes = [
        f'<div id="{name}" data-living="{name}"'
        f' data-share="{" ".join(figures.SHARE[name])}"><noscript>alt</noscript>'
        f'<script type="application/json">{json.dumps(figures.state(name))}</script>'
        f'</div><p><a href="#{name}" data-set="mu=-1&z=2&z1=1">move it</a></p>'
        for name in names
    ]
    (folder / "figures.js").write_text(figures.classic(*names), "utf8")
    theme = "dark" if dark else "light"
    path = folder / "page.html"
    path.write_text(
        f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{(figures.HERE / "figure.css").as_uri()}">'
        f'<script defer src="figures.js"></script>'
        f'<script defer src="{(figures.HERE / "host.js").as_uri()}"></script>'
        f'<body style="max-width: 44rem; margin: 20px auto">{"".join(boxes)}</body>',
        "utf8",
    )
    return path


def settle(page):
    """Wait until the next frame is drawn."""
    page.evaluate(
        "new Promise((ok) => requestAnimationFrame(() => setTimeout(ok, 20)))"
    )


def seen(page, name):
    settle(page)
    return page.locator(f"#{name}").evaluate(SEEN)


def put_state(page, name, state):
    line = "([name, s]) => { const m = document.getElementById(name).model;"
    line += "for (const key in s) m.set(key, s[key]); }"
    page.evaluate(line, [name, state])
    settle(page)


def get_state(page, name):
    keys = list(figures.SHARE[name])
    line = (
        "([name, keys]) => keys.map((k) => document.getElementById(name).model.get(k))"
    )
    return dict(zip(keys, page.evaluate(line, [name, keys]), strict=True))


def written(page, name):
    """Read all that a figure says, but for the spoken line, which comes late."""
    parts = page.locator(f"#{name} figure > :not(.lf-spoken)").all()
    return [part.inner_text() for part in parts]
