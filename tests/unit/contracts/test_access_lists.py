"""The access lists say the registry and nothing more; whatever a source is called, it gets no one else's rights."""

from spplus_contracts.access_lists import Principal, Resource, Rule, access_lists
from spplus_contracts.topics import CANONICAL, SERVICES, TOPICS, inbound


def rules(*sources: str, prefix: str = "") -> dict[str, tuple[Rule, ...]]:
    lists = access_lists(sources, prefix)
    named = {principal.name: principal.rules for principal in lists}
    assert len(named) == len(lists)
    return named


def may(rules_of_one: tuple[Rule, ...], operation: str, topic: str) -> bool:
    return any(
        operation in rule.operations
        and rule.resource is Resource.TOPIC
        and (topic.startswith(rule.name) if rule.prefixed else topic == rule.name)
        for rule in rules_of_one
    )


def test_only_its_producer_may_write_a_topic() -> None:
    named = rules("caisse", "mairie")
    for topic in TOPICS:
        assert {name for name, own in named.items() if may(own, "Write", topic.name)} == set(topic.producers)


def test_only_its_readers_and_its_producer_may_read_a_topic() -> None:
    named = rules("caisse", "mairie")
    for topic in TOPICS:
        readers = {consumer.replace(" ", "-") for consumer in topic.consumers} | set(topic.producers)
        assert {name for name, own in named.items() if may(own, "Read", topic.name)} == readers


def test_a_source_may_write_its_own_inbound_topic_and_do_nothing_else() -> None:
    assert rules("caisse")["source-caisse"] == (Rule(Resource.TOPIC, "spplus.inbound.caisse.v1", ("Write",)),)


def test_only_the_gate_reads_inbound_topics_and_makes_them() -> None:
    named = rules("caisse", "mairie")
    for operation, expected in (("Read", {"feedback"}), ("Create", {"feedback"}), ("Write", {"source-caisse"})):
        assert {name for name, own in named.items() if may(own, operation, inbound("caisse").name)} == expected


def test_only_operations_make_the_topics_of_the_registry() -> None:
    named = rules()
    for topic in TOPICS:
        assert {name for name, own in named.items() if may(own, "Create", topic.name)} == {"operations"}


def test_a_source_called_like_a_service_is_somebody_else() -> None:
    named = rules(*SERVICES, "operations")
    for name in (*SERVICES, "operations"):
        assert not any(may(named[f"source-{name}"], "Write", topic.name) for topic in CANONICAL)
        assert named[name] == rules()[name]


def test_nobody_has_another_ones_groups_or_transactions() -> None:
    owners: dict[tuple[Resource, str], str] = {}
    for name, own in rules("caisse").items():
        for rule in own:
            if rule.resource is not Resource.TOPIC:
                assert owners.setdefault((rule.resource, rule.name), name) == name
    for resource, begun in owners:
        taken = {owner for (kind, name), owner in owners.items() if kind is resource and name.startswith(begun)}
        assert len(taken) == 1


def test_everything_stands_under_the_platforms_prefix() -> None:
    plain, prefixed = access_lists(["caisse"]), access_lists(["caisse"], "essai.")
    for principal, other in zip(plain, prefixed, strict=True):
        assert isinstance(principal, Principal)
        assert principal.name == other.name
        assert ["essai." + rule.name for rule in principal.rules] == [rule.name for rule in other.rules]
