"""Buttons at the head of a page: take it away, and open its lab or problem set.

The second needs a public repository: named once, in `_config.yml`, it gives links to
Binder and, where the repository is on GitHub, to Colab. Pages are no notebooks that
these services read, so the links lead to the lab and the problem set of the chapter.
"""

import re
from pathlib import Path
from urllib.parse import quote, urlsplit

from classroom.anywhere import repository

BINDER = "https://mybinder.org/v2/{source}/{branch}?urlpath=lab/tree/{path}"
COLAB = "https://colab.research.google.com/github/{name}/blob/{branch}/{path}"


def add(app, pagename, templatename, context, doctree):
    """Append the buttons of one page to the theme's."""
    buttons = context.setdefault("header_buttons", [])
    if Path(app.outdir, f"{pagename}.ipynb").exists():
        buttons.append(
            {
                "type": "link",
                "url": f"{Path(pagename).name}.ipynb",
                "tooltip": "Take this page away as a notebook, executed",
                "icon": "fas fa-download",
                "label": "download-notebook-button",
            }
        )
    public = repository(Path(app.srcdir))
    paths = notebooks(Path(app.srcdir), pagename) if public and doctree else []
    if links := [button for path in paths for button in services(public, path)]:
        buttons.append(
            {
                "type": "group",
                "buttons": links,
                "tooltip": "Open the lab or the problem set in the cloud",
                "icon": "fas fa-rocket",
                "label": "launch-buttons",
            }
        )


def notebooks(root, pagename):
    """List a chapter's lab, by its name, and the problem sets that the page names."""
    lab = f"notebooks/{Path(pagename).name}_lab.ipynb"
    found = [lab] if (root / lab).exists() else []
    if re.match(r"\d\d_", Path(pagename).name):
        text = (root / f"{pagename}.md").read_text("utf8")
        sets = sorted(set(re.findall(r"`(ps\d\d)`", text)))
        paths = [f"exercises/{name}/{name}.ipynb" for name in sets]
        found += [path for path in paths if (root / path).exists()]
    return found


def services(public, path):
    """List the links that open one notebook of the public repository."""
    parts = urlsplit(public.url)
    name, place = parts.path.strip("/"), {"branch": public.branch, "path": path}
    source = f"git/{quote(public.url, safe='')}"
    if parts.netloc == "github.com":
        source = f"gh/{name}"
    if parts.netloc == "gitlab.com":
        source = f"gl/{quote(name, safe='')}"
    links = {"Binder": BINDER.format(source=source, **place)}
    if parts.netloc == "github.com":
        links["Colab"] = COLAB.format(name=name, **place)
    return [
        {
            "type": "link",
            "url": url,
            "text": f"{Path(path).stem} on {service}",
            "tooltip": f"Open {path} on {service}",
            "icon": "fas fa-external-link-alt",
        }
        for service, url in links.items()
    ]


def setup(app):
    """Tell Sphinx; where the setting has changed, every page is written again."""
    named = repr(repository(Path(app.srcdir)))
    app.add_config_value("public_repository", named, "html")
    app.connect("html-page-context", add, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
