"""A consumer stops when nearly everything is refused within a minute."""

from spplus_chassis.delivery import PoisonGuard


def test_poison_guard_few_refusals_goes_on():
    guard = PoisonGuard(100, 0.5)
    guard.saw(1_000_000, 99)
    assert not guard.tripped


def test_poison_guard_many_refusals_among_many_more_goes_on():
    guard = PoisonGuard(100, 0.5)
    guard.saw(10_000, 1_000)
    assert not guard.tripped


def test_poison_guard_nearly_everything_refused_stops():
    guard = PoisonGuard(100, 0.5)
    guard.saw(60, 60)
    guard.saw(60, 60)
    assert guard.tripped


def test_poison_guard_counts_each_minute_anew():
    now = [0.0]
    guard = PoisonGuard(100, 0.5, clock=lambda: now[0])
    guard.saw(60, 60)
    now[0] = 61.0
    guard.saw(60, 60)
    assert not guard.tripped
