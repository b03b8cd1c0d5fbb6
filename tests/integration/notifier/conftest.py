"""A publication of its own for each test, and the operator's command about it."""

import asyncio

import pytest
import pytest_asyncio

from spplus_notifier.__main__ import main
from tests.support.noticed import SEAL_KEY
from tests.support.publication import Publication


@pytest_asyncio.fixture
async def published(database_url, kafka, topic_prefix):
    publication = Publication(database_url, kafka, topic_prefix)
    await publication.prepare()
    return publication


@pytest.fixture
def command(published, monkeypatch, capsys):
    """Run ``spplus-notifier webhooks ...``: its exit code, what it printed, what it said beside."""
    monkeypatch.setenv("SPPLUS_NOTIFIER_DATABASE_URL", published.database_url)
    monkeypatch.setenv("SPPLUS_NOTIFIER_SEAL_KEYS", SEAL_KEY)

    async def run(*words):
        with pytest.raises(SystemExit) as ended:
            await asyncio.to_thread(main, ["webhooks", *words])
        told = capsys.readouterr()
        return ended.value.code, told.out.strip(), told.err.strip()

    return run
