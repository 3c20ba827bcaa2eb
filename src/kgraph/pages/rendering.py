"""Templates filled in."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined


class Pages:
    """The pages of one site: its title, and the path below which its addresses begin (empty, or
    `/kg`)."""

    def __init__(self, title: str, root: str = "") -> None:
        self.title = title
        self.root = root
        self._templates = Environment(
            loader=PackageLoader("kgraph.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, **values: object) -> str:
        """Give a page in HTML."""
        page = self._templates.get_template(template)
        return page.render(site=self.title, root=self.root, **values)


@lru_cache(maxsize=1)
def read_style() -> bytes:
    """Give the one style sheet."""
    return files("kgraph.pages").joinpath("static/style.css").read_bytes()
