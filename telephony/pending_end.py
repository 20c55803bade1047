"""Let an Asterisk end by itself with its last call, as its owner at its control socket."""

import asyncio
from pathlib import Path

PATIENCE_S = 5.0
_ORDER = b"cli quit after core stop when convenient\0"
_TAKEN = b"Waiting for inactivity"


async def end_with_last_call(control: Path) -> None:
    """Returns when Asterisk has taken the order. New calls are let in until it ends; `core abort shutdown` takes the order back.

    `asterisk -rx` does not do here: it stays until Asterisk ends. Raises OSError (also as TimeoutError) when it is not taken.
    """
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_unix_connection(control)
        try:
            writer.write(_ORDER)
            await reader.readuntil(_TAKEN)
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("its control socket closed") from error
        finally:
            writer.close()
