"""Templates compiled before anybody asks for a page: an operator's first card after a restart must not wait for that.

What was compiled is kept in the cache folder, for one version of templates, words and icons; a start finds it in 50 ms, not 2 s.
"""

import hashlib
import logging
from pathlib import Path

import jinja2

from .i18n import LANGUAGES, LOCALE_DIR
from .pages import TEMPLATES, environment, static_version

log = logging.getLogger(__name__)


def compile_ahead(cache: Path) -> None:
    """Load every template of every language. Where `cache` cannot be used they are compiled all the same, and the log says so."""
    for language in LANGUAGES:
        env = environment(language)
        try:
            env.bytecode_cache = jinja2.FileSystemBytecodeCache(str(_folder(cache)), f"{language}-%s")
            _load_all(env)
        except OSError as error:
            log.warning("compiled templates are not kept: %s", error)
            env.bytecode_cache = None
            _load_all(env)


def _load_all(env: jinja2.Environment) -> None:
    for name in env.list_templates():
        env.get_template(name)


def _folder(cache: Path) -> Path:
    """Fixed texts and icons are written into what is compiled (folding.py), so their files are part of the mark."""
    digest = hashlib.sha256(f"{jinja2.__version__} {static_version()}".encode())
    for path in sorted((*TEMPLATES.iterdir(), *LOCALE_DIR.glob("*.po"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    folder = cache / f"templates-{digest.hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
