"""What pages fetch besides themselves: static files and the English catalogue, packed for who takes them so."""

import asyncio
import gzip
from functools import cache

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse

from .i18n import english_json
from .pages import media_type, static_files, static_version
from .problem import Problem
from .security import public

router = APIRouter(include_in_schema=False)
_FOR_EVER = "public, max-age=31536000, immutable"
_PACKED = (".js", ".css", ".svg")
"""What gets much smaller; fonts are packed already."""


@cache
def packed(name: str) -> bytes:
    """A static file as gzip; made once, for it never changes while we run."""
    return gzip.compress(static_files()[name].read_bytes(), mtime=0)


@cache
def packed_english() -> bytes:
    return gzip.compress(english_json(), mtime=0)


def takes_gzip(request: Request) -> bool:
    coding = (part.strip().split(";")[0] for part in request.headers.get("accept-encoding", "").split(","))
    return "gzip" in coding


def _as_gzip(body: bytes, kind: str, headers: dict[str, str]) -> Response:
    told = headers | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(body, media_type=kind, headers=told)


@router.get("/static/{version}/{name:path}", dependencies=[Depends(public)])
async def static_file(version: str, name: str, request: Request) -> Response:
    """Only files that were there at the start are served; under an old version they must be asked for each time."""
    path = static_files().get(name)
    if path is None:
        raise Problem(404, "there is nothing here")
    kept = _FOR_EVER if version == static_version() else "no-cache"
    headers = {"Cache-Control": kept}
    if path.suffix not in _PACKED:
        return FileResponse(path, media_type=media_type(name), headers=headers)
    if takes_gzip(request):
        return _as_gzip(await asyncio.to_thread(packed, name), media_type(name), headers)
    return FileResponse(path, media_type=media_type(name), headers=headers | {"Vary": "Accept-Encoding"})


@router.get("/favicon.ico", dependencies=[Depends(public)])
async def favicon() -> FileResponse:
    return FileResponse(static_files()["icon.svg"], media_type="image/svg+xml")


@router.get("/i18n/en.json", dependencies=[Depends(public)])
async def english_catalogue(request: Request) -> Response:
    etag = f'"{static_version()}-{len(english_json())}"'
    headers = {"Cache-Control": "no-cache", "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if takes_gzip(request):
        return _as_gzip(packed_english(), "application/json", headers)
    return Response(english_json(), media_type="application/json", headers=headers)
