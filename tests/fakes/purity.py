"""What keeps a pure file pure: no loop, no wire, no table, no clock, no chance. Read from the source text, nothing is imported."""

import ast
from collections.abc import Iterator
from pathlib import Path

EFFECTS = frozenset(
    {
        "aiosqlite", "alembic", "argparse", "asyncio", "asyncpg", "fastapi", "httpx2", "logging", "multiprocessing", "os",
        "panoramisk", "pathlib", "random", "secrets", "shutil", "socket", "sqlalchemy", "starlette", "subprocess", "tempfile",
        "threading", "time", "uuid", "uvicorn",
    }
)  # fmt: skip
CLOCKS = frozenset({"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns", "uuid4", "uuid7", "uuid1"})
SOUND = frozenset({"soundfile"})


def impurities(path: Path, root: Path, pure: frozenset[str]) -> Iterator[str]:
    """What in the file at `path` breaks the rule, as `room/file.py:line: reason`. `pure` names the files it may lean on."""
    told = path.relative_to(root).as_posix()
    tree = ast.parse(path.read_text(), filename=told)
    typing_only = {id(node) for block in ast.walk(tree) if _is_type_checking(block) for node in ast.walk(block)}
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        for reason in _reasons(node, path, root, pure):
            yield f"{told}:{getattr(node, 'lineno', 0)}: {reason}"


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _reasons(node: ast.AST, path: Path, root: Path, pure: frozenset[str]) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (f"imports {name.name}" for name in names if name.name.split(".")[0] in EFFECTS)
        case ast.ImportFrom(level=0, module=str(module)) if module.split(".")[0] in EFFECTS:
            yield f"imports {module}"
        case ast.ImportFrom(level=level, module=str(module)) if level > 0:
            target = "/".join([*_folder(path, root, level), *module.split(".")]) + ".py"
            if target not in pure:
                yield f"leans on {target}, which is not pure"
        case ast.ImportFrom(level=level, module=None, names=names) if level > 0:
            folder = _folder(path, root, level)
            targets = ["/".join([*folder, f"{name.name}.py"]) for name in names]
            yield from (f"leans on {target}, which is not pure" for target in targets if target not in pure)
        case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS:
            yield f"calls {name}()"
        case ast.AsyncFunctionDef(name=name) if not _is_port(node):
            yield f"async def {name}"


def _folder(path: Path, root: Path, level: int) -> tuple[str, ...]:
    parts = path.relative_to(root).parts
    return parts[: len(parts) - level]


def _is_port(node: ast.AsyncFunctionDef) -> bool:
    """A method of a Protocol has no body but its words and `...`."""
    return all(isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) for part in node.body)
