"""A few thousand events of every kind through the real service, killed in between; `make endurance` is the long one."""

import random

import pytest

from tests.endurance.trial import Trial, as_json

pytestmark = [pytest.mark.faults, pytest.mark.asyncio, pytest.mark.timeout(600)]


async def test_killed_service_ends_with_the_figures_of_the_judge(kafka, make_database, topic_prefix, folder):
    seed = random.SystemRandom().randrange(1_000_000)
    verdict = await Trial(kafka, make_database(), topic_prefix, folder, events=3_000, seed=seed, kills=2).run()
    assert verdict.passed, as_json(verdict)
    assert verdict.kills == 2
    assert verdict.figures > 1_000
