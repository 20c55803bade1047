"""Every text that the pages may show: what templates, scripts and Python modules of agent_web hand to the catalogue."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from babel.messages.extract import extract
from jinja2.ext import babel_extract

AGENT_WEB = Path(__file__).parents[2] / "agent_web"


@cache
def screen_texts() -> Mapping[str, list[str]]:
    """msgid to the places ("templates/desk.html:12") that use it."""
    found: dict[str, list[str]] = {}
    for path in sorted(AGENT_WEB.rglob("*")):
        name = path.relative_to(AGENT_WEB).as_posix()
        if path.is_file() and not name.startswith("static/vendor/"):
            for line, text in _texts_of(path):
                found.setdefault(text, []).append(f"{name}:{line}")
    return found


def _texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """(line, msgid) of one file; files of other kinds have none."""
    options = {"trim_blocks": "true", "lstrip_blocks": "true"}
    with path.open("rb") as file:
        if path.suffix == ".html":
            found = [(line, texts) for line, _, texts, _ in babel_extract(file, ["_", "counted"], [], options)]
        elif path.suffix == ".js":
            found = [
                (line, texts)
                for line, texts, _, _ in extract(
                    "javascript", file, keywords={"T": None}, options={"parse_template_string": True}
                )
            ]
        elif path.suffix == ".py":
            found = [(line, texts) for line, texts, _, _ in extract("python", file, keywords={"N_": None})]
        else:
            return
    for line, texts in found:
        for text in texts if isinstance(texts, tuple) else (texts,):
            if isinstance(text, str) and text:
                yield line, text
