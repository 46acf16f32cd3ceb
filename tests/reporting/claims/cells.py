"""Cells of the tables of a page, for tests that read them."""

from html.parser import HTMLParser


class Cells(HTMLParser):
    """Collects the cells of the tables of a page, row by row, by the article they stand in."""

    def __init__(self):
        super().__init__()
        self.article, self.rows, self.open, self.links = "", [], False, []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "article":
            self.article = attributes["id"]
        if tag == "tr":
            self.rows.append((self.article, []))
        if tag in ("td", "th") and self.rows:
            self.rows[-1][1].append("")
            self.open = True
        if tag == "a":
            self.links.append(attributes["href"])

    def handle_endtag(self, tag):
        if tag == "article":
            self.article = ""
        if tag in ("td", "th"):
            self.open = False
        if tag == "span" and self.open:
            self.rows[-1][1][-1] += " "

    def handle_data(self, data):
        if self.open:
            self.rows[-1][1][-1] += data
