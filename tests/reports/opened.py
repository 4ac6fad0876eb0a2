"""The tables of a page, as somebody who opened it would read them."""

from html.parser import HTMLParser


class Opened(HTMLParser):
    """What stands on a page: tables by title, headlines, tags, and everything that could be fetched or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.headline: list[str] = []
        self.pictures: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self._inside: list[str] = []
        self._title = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href", "xlink:href"}]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self._inside.append(tag)
        if tag == "caption":
            self._title = ""
        if tag == "tr":
            self.tables[self._title].append([])
        if tag in {"td", "th"}:
            self.tables[self._title][-1].append("")
        if tag == "li" and "nav" not in self._inside:
            self.headline.append("")
        if tag == "svg":
            self.pictures.append(dict(attrs).get("aria-label") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass
        if tag == "caption":
            self.tables[self._title] = []

    def handle_data(self, data: str) -> None:
        inside = self._inside[-1] if self._inside else ""
        if inside == "caption":
            self._title += data
        elif inside in {"td", "th"}:
            self.tables[self._title][-1][-1] += data.strip()
        elif inside == "li":
            self.headline[-1] += data.strip()

    def cell(self, title: str, row: str, column: str) -> str:
        """Return the cell of a table in the row that begins with a text, under the heading of a column."""
        head, *rows = self.tables[title]
        return next(each for each in rows if each[0] == row)[head.index(column)]
