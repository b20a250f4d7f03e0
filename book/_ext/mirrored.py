"""Under a cell that mirrors the package: the line that imports the same from there."""

from docutils import nodes


def is_mirrored(node):
    """Say whether this is a code cell with the option `:mirrors:`."""
    return (
        isinstance(node, nodes.container)
        and node.get("nb_element") == "cell_code"
        and "mirrors" in node.get("cell_metadata", {})
    )


def add_import(app, doctree):
    """Name module and names below each mirrored cell."""
    for cell in list(doctree.findall(is_mirrored)):
        modules = {}
        for dotted in cell["cell_metadata"]["mirrors"].split():
            module, name = dotted.rsplit(".", 1)
            modules.setdefault(module, []).append(name)
        lines = [f"from {m} import {', '.join(names)}" for m, names in modules.items()]
        note = nodes.paragraph(classes=["mirrored"])
        note += nodes.Text("In the package: ")
        note += nodes.literal("", "; ".join(lines))
        cell.parent.insert(cell.parent.index(cell) + 1, note)


def setup(app):
    """Tell Sphinx."""
    app.connect("doctree-read", add_import)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
