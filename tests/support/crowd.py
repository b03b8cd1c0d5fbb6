"""Citizens and an agency who speak to a small platform until they are told to stop."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.support.clients import Agency, Citizen, Emitter
from tests.support.small_platform import AGENCY, AGENCY_STRUCTURES, HTTP_STRUCTURES, SmallPlatform

CITIZENS = 12
_PAUSE_SECONDS = 0.05


@asynccontextmanager
async def crowd(it: SmallPlatform, dice: random.Random, *, least_stories: int = 0) -> AsyncIterator[Citizen]:
    """Speak while the block runs, and until so many stories were accepted; give what counts the stories."""
    citizen = Citizen(it.platform.address("feedback"), it.agent_key, it.witness, HTTP_STRUCTURES, dice)
    ended = asyncio.Event()

    async def tell(client: httpx.AsyncClient) -> None:
        while not ended.is_set() or citizen.told < least_stories:
            await citizen.tell(client)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def emit(emitter: Emitter) -> None:
        agency = Agency(AGENCY, emitter, it.witness, AGENCY_STRUCTURES, dice)
        while not ended.is_set():
            await agency.tell()
            await asyncio.sleep(_PAUSE_SECONDS)

    async with (
        httpx.AsyncClient(timeout=10, trust_env=False) as client,
        Emitter(it.platform.kafka_servers) as emitter,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(CITIZENS):
            group.create_task(tell(client))
        group.create_task(emit(emitter))
        yield citizen
        ended.set()
