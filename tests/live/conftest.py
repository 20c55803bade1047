"""What the live stories share: everything here is real, and every process ends with its test."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.fakes.browser import chromium


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where screenshots go: CORDBOARD_SHOTS when somebody wants to look at them, else the test's own folder."""
    return Path(os.environ.get("CORDBOARD_SHOTS", tmp_path / "shots"))


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """Chromium with 440 Hz in its microphone."""
    async with chromium(tmp_path, mic_hz=440.0) as one:
        yield one
