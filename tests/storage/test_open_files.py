"""Without a file to spare: said once a second, and the loop has time for the rest; and we ask for as many as the machine gives."""

import asyncio
import resource
import socket

import pytest

from cordboard.storage.open_files import FewFiles, allow_many
from tests.fakes.wait import until

HERE = "cordboard.storage.open_files"


async def test_a_crowd_at_a_full_house_is_one_line_a_second_and_other_trouble_is_told_in_full(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [100.0]
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(FewFiles(lambda: now[0]))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[object] = []

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=50)
    guest = socket.socket()
    guest.setblocking(False)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        await loop.sock_connect(guest, server.sockets[0].getsockname())
        await until(lambda: caplog.records, "the line in the log", every_s=0)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert [(one.name, one.exc_info) for one in caplog.records] == [(HERE, None)]
    now[0] += 1.0
    loop.call_exception_handler({"message": "something else"})
    assert [one.name for one in caplog.records] == [HERE, "asyncio"]
    await until(lambda: taken, "who came is served, now that there is room again")
    guest.close()
    server.close()


def test_as_many_as_the_machine_gives() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 300:
        pytest.fail("this machine lets nobody open files")
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        allow_many()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(300, hard if hard > 0 else 300)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
