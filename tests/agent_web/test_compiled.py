"""Templates are compiled before the first page, once a version: the next engine finds what the first one kept."""

import logging
import shutil
from pathlib import Path

import pytest

from cordboard.agent_web.compiled import compile_ahead
from cordboard.agent_web.i18n import LANGUAGES
from cordboard.agent_web.pages import TEMPLATES, environment

NAMES = {path.name for path in TEMPLATES.iterdir()}


@pytest.fixture(scope="module")
def first_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one start has kept."""
    environment.cache_clear()
    cache = tmp_path_factory.mktemp("templates")
    compile_ahead(cache)
    return cache


@pytest.fixture
def cache(first_cache: Path, tmp_path: Path) -> Path:
    """The same, before another process starts."""
    environment.cache_clear()
    return shutil.copytree(first_cache, tmp_path / "cache")


def kept(cache: Path) -> set[str]:
    return {path.name for path in cache.glob("templates-*/*")}


def loaded(language: str) -> set[str]:
    templates = environment(language).cache
    assert templates is not None
    return {str(name) for _loader, name in templates.keys()}  # noqa: SIM118 - jinja's own kind of mapping


def test_every_template_is_there_before_anybody_asks(cache: Path) -> None:
    assert len(kept(cache)) == len(NAMES) * len(LANGUAGES)
    compile_ahead(cache)
    for language in LANGUAGES:
        assert loaded(language) == NAMES


def test_the_next_start_compiles_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def compiles(*_words: object) -> None:
        raise AssertionError("compiled again")

    for language in LANGUAGES:
        monkeypatch.setattr(environment(language), "compile", compiles)
    compile_ahead(cache)
    assert loaded("ru") == NAMES


def test_other_styles_or_words_are_another_version(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cordboard.agent_web.compiled.LANGUAGES", ("en",))
    monkeypatch.setattr("cordboard.agent_web.compiled.static_version", lambda: "another")
    compile_ahead(cache)
    assert len(list(cache.glob("templates-*"))) == 2


def test_what_is_damaged_is_compiled_anew(cache: Path) -> None:
    damaged = next(cache.glob("templates-*/*"))
    damaged.write_bytes(b"not code")
    compile_ahead(cache)
    assert damaged.read_bytes() != b"not code"
    assert loaded("en") == loaded("ru") == NAMES


def test_a_cache_that_cannot_be_used_is_told_and_pages_come(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    environment.cache_clear()
    (tmp_path / "cache").write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        compile_ahead(tmp_path / "cache")
    assert "compiled templates are not kept" in caplog.text
    assert loaded("ru") == NAMES
