"""What pages fetch besides themselves: static files and the English catalogue."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse

from .i18n import english_json
from .pages import media_type, static_files, static_version
from .problem import Problem
from .security import public

router = APIRouter(include_in_schema=False)
_FOR_EVER = "public, max-age=31536000, immutable"


@router.get("/static/{version}/{name:path}", dependencies=[Depends(public)])
async def static_file(version: str, name: str) -> FileResponse:
    """Only files that were there at the start are served; under an old version they must be asked for each time."""
    path = static_files().get(name)
    if path is None:
        raise Problem(404, "there is nothing here")
    kept = _FOR_EVER if version == static_version() else "no-cache"
    return FileResponse(path, media_type=media_type(name), headers={"Cache-Control": kept})


@router.get("/favicon.ico", dependencies=[Depends(public)])
async def favicon() -> FileResponse:
    return FileResponse(static_files()["icon.svg"], media_type="image/svg+xml")


@router.get("/i18n/en.json", dependencies=[Depends(public)])
async def english_catalogue(request: Request) -> Response:
    etag = f'"{static_version()}-{len(english_json())}"'
    headers = {"Cache-Control": "no-cache", "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(english_json(), media_type="application/json", headers=headers)
