"""Make the pictures of the executed pages small: 64 colours are enough for a figure.

A line drawing takes a third of the bytes, and looks the same: its few inks and their
soft edges are all still there.
"""

from pathlib import Path

from PIL import Image


def shrink(app, exception):
    """Rewrite each full-colour PNG with a palette, where that makes it smaller."""
    if exception or app.builder.format != "html":
        return
    for path in Path(app.outdir, "_images").glob("*.png"):
        with Image.open(path) as image:
            if image.mode not in ("RGB", "RGBA"):
                continue
            white = Image.new("RGB", image.size, "white")
            white.paste(
                image, mask=image.getchannel("A") if image.mode == "RGBA" else None
            )
        half = path.with_suffix(".half")
        white.quantize(64, dither=Image.Dither.NONE).save(half, "png", optimize=True)
        smaller = half.stat().st_size < path.stat().st_size
        half.replace(path) if smaller else half.unlink()


def setup(app):
    """Tell Sphinx."""
    app.connect("build-finished", shrink)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
