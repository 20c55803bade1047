"""Whom each campaign has reached, inside whoever's transaction it is."""

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from .attempt_limits import LONGEST_PEACE_H
from .law_tables import reached_table
from .lead import Attempt, Lead
from .one_customer import keys_of_lead
from .reached import Talk, Talks, is_reached

_r = reached_table.c
KEPT = timedelta(hours=LONGEST_PEACE_H)


async def talks_with(connection: AsyncConnection, keys: Collection[str], now: datetime) -> Talks:
    """Those that any rule could still ask for."""
    query = sa.select(_r.key, _r.campaign_id, _r.at).where(_r.key.in_(sorted(keys)), _r.at > now - KEPT)
    found: dict[str, list[Talk]] = {}
    for key, campaign_id, at in await connection.execute(query):
        found.setdefault(key, []).append(Talk(campaign_id, at))
    return found


async def keep_reached(
    connection: AsyncConnection, attempts: Collection[tuple[Lead | None, Attempt]], at: datetime
) -> None:
    """Write down whom the attempts have reached; told again, the later time counts. What nobody will ask for goes."""
    reached = {
        (key, attempt.campaign_id)
        for lead, attempt in attempts
        if lead is not None and is_reached(attempt)
        for key in keys_of_lead(lead, attempt.number)
    }
    if not reached:
        return
    await connection.execute(reached_table.delete().where(_r.at <= at - KEPT))
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    ordered = sorted(reached)  # one order for all, so that two writers cannot wait for each other
    put = insert(reached_table).values([{"key": key, "campaign_id": campaign, "at": at} for key, campaign in ordered])
    later = put.excluded["at"] > _r.at
    await connection.execute(
        put.on_conflict_do_update(index_elements=["key", "campaign_id"], set_={"at": put.excluded["at"]}, where=later)
    )
