"""Papers by author and year: (Burda et al., 2016) in the text, and so in the list."""

from dataclasses import dataclass, field

import pybtex.plugin
import sphinxcontrib.bibtex.plugin
from pybtex.style.formatting import toplevel
from pybtex.style.formatting.unsrt import Style, pages
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.template import field as entry
from pybtex.style.template import first_of, join, names, optional, sentence, tag, words
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


def round_brackets():
    """Say Burda et al. (2016), not Burda et al. [2016]."""
    return BracketStyle(left="(", right=")")


@dataclass
class Rounded(AuthorYearReferenceStyle):
    """Names and year in round brackets."""

    bracket_textual: BracketStyle = field(default_factory=round_brackets)
    bracket_parenthetical: BracketStyle = field(default_factory=round_brackets)


class Label(BaseLabelStyle):
    """What stands where labels are shown, and what a search finds."""

    def format_labels(self, sorted_entries):
        """Yield the last names and the year."""
        for paper in sorted_entries:
            people = [
                " ".join(p.prelast_names + p.last_names)
                for p in paper.persons["author"]
            ]
            yield f"{', '.join(people)} {paper.fields['year']}"


class AuthorYear(Style):
    """A list that begins an entry as the text names it: last names, then the year."""

    default_name_style = "lastfirst"
    default_sorting_style = "author_year_title"
    default_label_style = "name_year"

    def __init__(self, **options):
        """Write first names as initials."""
        super().__init__(**options | {"abbreviate_names": True})

    def entry(self, title, where):
        """Put together names, year, title and where it came out."""
        people = names("author", sep=", ", sep2=" and ", last_sep=" and ")
        return toplevel[join[people, " (", entry("year"), ")."], sentence[title], where]

    def get_article_template(self, e):
        """A journal, its volume and pages."""
        issue = join[entry("volume"), optional["(", entry("number"), ")"]]
        journal = tag("em")[entry("journal")]
        where = sentence[journal, optional[issue], optional[pages]]
        return self.entry(entry("title"), where)

    def get_inproceedings_template(self, e):
        """A conference or a book of many authors."""
        volume = words["In", tag("em")[entry("booktitle")]]
        return self.entry(entry("title"), sentence[volume, optional[pages]])

    get_incollection_template = get_inproceedings_template

    def get_book_template(self, e):
        """A publisher."""
        return self.entry(tag("em")[entry("title")], sentence[entry("publisher")])

    def get_misc_template(self, e):
        """A preprint."""
        where = first_of[optional[entry("howpublished")], entry("note")]
        return self.entry(entry("title"), sentence[where])


def setup(app):
    """Tell sphinxcontrib-bibtex."""
    styles = "sphinxcontrib.bibtex.style.referencing"
    sphinxcontrib.bibtex.plugin.register_plugin(styles, "rounded", Rounded)
    pybtex.plugin.register_plugin("pybtex.style.formatting", "author_year", AuthorYear)
    pybtex.plugin.register_plugin("pybtex.style.labels", "name_year", Label)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
