"""Any history on the real database: batches of anything, sweeps, turns of days and ticks of the publisher in between.

What is published in the end is what the judge says, the audit finds nothing, and nothing more is to be told.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from spplus_chassis.database import UNREACHABLE
from spplus_chassis.migrations import migrate
from spplus_embedded.fold import fold
from tests.conftest import execute
from tests.support.hearsay import AS_OF
from tests.support.histories import Told, Witness, anything
from tests.support.profiles import examples
from tests.support.scoring import Scoring, differences, scoring

pytestmark = [pytest.mark.integration, pytest.mark.timeout(3600)]

START = AS_OF - timedelta(days=70)


class Interrupted(Exception):  # noqa: N818 - what happens to a process
    """The process dies before the commit."""


class History(RuleBasedStateMachine):
    """Scoring, what it was told, and a clock that goes on."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    fresh_database: Callable[[], str]

    @initialize()
    def open(self) -> None:
        self.witness = Witness()
        self.stack = AsyncExitStack()
        self.it: Scoring = self.run(self.stack.enter_async_context(scoring(self.fresh_database(), START)))

    @rule(batch=st.lists(anything(), min_size=1, max_size=6), again=st.data())
    def deliver(self, batch: list[Told], again: st.DataObject) -> None:
        """New events, some of the old ones once more, in any order."""
        self._take(self._arrived(batch, again))

    @rule(batch=st.lists(anything(), min_size=1, max_size=6), again=st.data())
    def deliver_after_a_death(self, batch: list[Told], again: st.DataObject) -> None:
        """A batch that is lost before its commit, and delivered again to another process."""
        arrived = self._arrived(batch, again)
        with pytest.raises(Interrupted):
            self.run(self.it.take(*arrived, die=Interrupted))
        self._restart()
        self._take(arrived)

    @rule(batch=st.lists(anything(), min_size=1, max_size=6), again=st.data())
    def everything_at_once(self, batch: list[Told], again: st.DataObject) -> None:
        """A batch, the publisher and the clock side by side, as in a service; who had to give way comes again."""
        arrived = self._arrived(batch, again)
        self.run(self._side_by_side(arrived))
        self._take(arrived)

    @rule(days=st.integers(0, 40), hours=st.integers(0, 23))
    def time_passes(self, days: int, hours: int) -> None:
        self.it.now += timedelta(days=days, hours=hours)

    @rule()
    def sweep_and_turn_the_day(self) -> None:
        self.run(self.it.settle())

    @rule()
    def add_up(self) -> None:
        self.run(self.it.publisher.fold_marks())

    @rule()
    def publish_some(self) -> None:
        self.run(self.it.publisher.publish())

    @rule()
    def close_periods(self) -> None:
        self.run(self.it.publisher.close_periods())

    @rule()
    def publisher_dies(self) -> None:
        self._restart()

    @rule()
    def audit(self) -> None:
        """At any moment, whatever waits."""
        assert self.run(self.it.audit()) == []

    @invariant()
    def revisions_go_on_one_by_one(self) -> None:
        latest: dict[str, int] = {}
        for each in self.run(self.it.told()):
            before = latest.get(each.key)
            assert (each.revision, each.supersedes) == ((before or 0) + 1, before), each.key
            latest[each.key] = each.revision

    def teardown(self) -> None:
        """Everything comes to rest."""
        if hasattr(self, "it"):
            try:
                self.run(self._comes_to_rest())
            finally:
                self.run(self.stack.aclose())

    async def _comes_to_rest(self) -> None:
        it = self.it
        await it.settle(max(it.now, AS_OF))
        await it.publish()
        while await it.publisher.close_periods():
            await it.publish()
        expected = fold(self.witness.told, it.now, min_sample=1)
        assert differences(await it.figures(), expected) == []
        assert await it.audit() == []
        published = {each.key: each for each in await it.told()}
        assert published == {each.key: each for each in await it.standing()}
        self._restart()
        if self.witness.told:
            await self.it.take(*self.witness.told[::-1])
        await self.it.settle()
        assert await self.it.publish() == 0

    async def _side_by_side(self, arrived: list[Told]) -> None:
        async def publish() -> None:
            await self.it.publisher.fold_marks()
            await self.it.publisher.publish()

        work = (self.it.take(*arrived), publish(), self.it.settle(), self.it.publisher.close_periods())
        for outcome in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, UNREACHABLE):
                raise outcome

    def _arrived(self, batch: list[Told], again: st.DataObject) -> list[Told]:
        heard = [self.witness.hears(each) for each in batch]
        repeated = again.draw(st.lists(st.sampled_from(self.witness.told), max_size=4))
        return again.draw(st.permutations(heard + repeated))

    def _take(self, arrived: list[Told]) -> None:
        self.run(self.it.take(*arrived))
        assert {reason for _, reason in self.it.refused} <= {"cycle"}

    def _restart(self) -> None:
        """Another process on the same tables: nothing that was kept in memory."""
        self.it = Scoring(self.it.pool, self.it.now, thresholds=self.it.thresholds)


def test_any_history_ends_with_the_figures_of_the_judge(postgres: str) -> None:
    template, name = "any_history_template", "any_history"
    with asyncio.Runner() as runner:

        def url_of(name: str) -> str:
            return urlsplit(postgres)._replace(path=f"/{name}").geturl()

        def fresh_database() -> str:
            runner.run(execute(postgres, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            runner.run(execute(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
            return url_of(name)

        runner.run(execute(postgres, f'DROP DATABASE IF EXISTS "{template}" WITH (FORCE)'))
        runner.run(execute(postgres, f'CREATE DATABASE "{template}" TEMPLATE template0'))
        runner.run(migrate(url_of(template), "spplus_indicators"))

        class Here(History):
            run = staticmethod(runner.run)

        Here.fresh_database = staticmethod(fresh_database)
        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=examples(12, 200),
                stateful_step_count=examples(14, 40),
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
