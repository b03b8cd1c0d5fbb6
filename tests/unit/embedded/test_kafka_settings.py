from pathlib import Path

from spplus_embedded.kafka import render_properties


def rendered(extra: dict[str, str] | None = None) -> dict[str, str]:
    text = render_properties(data=Path("/data"), port=1111, controller_port=2222, extra=extra)
    return dict(line.split("=", 1) for line in text.splitlines())


def test_node_listens_for_clients_and_for_itself_on_this_machine_only() -> None:
    assert rendered()["listeners"] == "BROKER://127.0.0.1:1111,CONTROLLER://127.0.0.1:2222"
    assert rendered()["advertised.listeners"] == "BROKER://127.0.0.1:1111"


def test_quorum_is_the_node_itself() -> None:
    settings = rendered()
    assert settings["controller.quorum.voters"] == f"{settings['node.id']}@127.0.0.1:2222"


def test_internal_topics_need_no_second_node() -> None:
    factors = {name: value for name, value in rendered().items() if name.endswith(("replication.factor", "min.isr"))}
    assert set(factors.values()) == {"1"}
    assert len(factors) == 5


def test_topics_are_made_by_the_registry_alone() -> None:
    assert rendered()["auto.create.topics.enable"] == "false"


def test_given_setting_replaces_the_usual_one() -> None:
    assert rendered({"broker.session.timeout.ms": "9000"})["broker.session.timeout.ms"] == "9000"
