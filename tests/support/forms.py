"""A page's form as a browser without script sees it: its fields in order, filled in and sent by a button."""

from html.parser import HTMLParser

Fields = list[tuple[str, str]]
_LINE_ENDS = str.maketrans("", "", "\r\n")


class Form(HTMLParser):
    """The form `cls` of a page, or every field of a fragment without one; `focus` is what has the focus."""

    def __init__(self, html: str, cls: str | None = "builder") -> None:
        super().__init__(convert_charrefs=True)
        self.fields: Fields = []
        self.buttons: list[str] = []
        self.ids: list[str] = []
        self.focus = ""
        self.action = ""
        self._inside = cls is None
        self._cls = cls
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: tuple[str, list[str]] | None = None
        self._option_text: list[str] | None = None
        self.feed(html)
        self.close()

    def values(self, name: str) -> list[str]:
        """What the form holds under a name."""
        return [value for field, value in self.fields if field == name]

    def value(self, name: str) -> str:
        """The one value under a name."""
        [value] = self.values(name)
        return value

    def fill(self, **values: str) -> "Form":
        """Put values in place of what is there; two underscores in a name stand for a dot."""
        for key, value in values.items():
            name = key.replace("__", ".")
            self.fields = [field for field in self.fields if field[0] != name] + [(name, value)]
        return self

    def set(self, name: str, *values: str) -> "Form":
        """Put these values under a name in place of what is there: none unchecks every box."""
        self.fields = [field for field in self.fields if field[0] != name] + [(name, value) for value in values]
        return self

    def pressed(self, do: str) -> Fields:
        """What is sent when a button is pressed, which must be there."""
        assert do in self.buttons, (do, self.buttons)
        return [*self.fields, ("do", do)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = self._cls in given.get("class", "").split()
            self.action = given.get("action", "") if self._inside else self.action
        if "id" in given:
            self.ids.append(given["id"])
        if "autofocus" in given:
            self.focus = given["id"]
        name = given.get("name", "")
        if not self._inside:
            return
        if tag == "input":
            self._input(name, given)
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select is not None:
            self._options.append((given.get("value", ""), "selected" in given))
            self._option_text = None if "value" in given else []
        elif tag == "textarea":
            self._area = (name, [])
        elif tag == "button":
            self.buttons.append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)
        if self._option_text is not None:
            self._option_text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = self._cls is None
        elif tag == "option" and self._option_text is not None:
            self._options[-1] = ("".join(self._option_text).strip(), self._options[-1][1])
            self._option_text = None
        elif tag == "select" and self._select is not None:
            chosen = [value for value, selected in self._options if selected] or [self._options[0][0]]
            self.fields.append((self._select, chosen[-1]))
            self._select = None
        elif tag == "textarea" and self._area is not None:
            text = "".join(self._area[1]).replace("\r\n", "\n")
            self.fields.append((self._area[0], text.removeprefix("\n").replace("\n", "\r\n")))
            self._area = None

    def _input(self, name: str, given: dict[str, str]) -> None:
        kind, value = given.get("type", "text"), given.get("value", "")
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        if kind in ("text", "date"):
            value = value.translate(_LINE_ENDS)
        if name:
            self.fields.append((name, value.replace("\r\n", "\n").replace("\n", "\r\n")))
