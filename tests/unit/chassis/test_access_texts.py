"""Access lists in the words of the tools that take them."""

import json
import shlex

import yaml

from spplus_chassis.access_texts import as_json, kafka_acls, strimzi_users
from spplus_contracts.access_lists import Principal, Resource, Rule, of_source

READER = Principal(
    "reader",
    (
        Rule(Resource.TOPIC, "essai.one", ("Read", "Write")),
        Rule(Resource.GROUP, "essai.reader-", ("Read",), prefixed=True),
        Rule(Resource.TRANSACTIONAL_ID, "essai.relay", ("Write",)),
    ),
)


def test_commands_of_kafka_can_be_run_by_a_shell() -> None:
    commands = kafka_acls([READER], user="it's {name}", servers="a:1,b:2", revoked=[of_source("gone")])
    one, group, transactions, gone = [shlex.split(command) for command in commands]
    common = ["kafka-acls.sh", "--bootstrap-server", "a:1,b:2", "--command-config", "admin.properties"]
    granted = [*common, "--add", "--allow-principal", "User:it's reader"]
    assert one == [*granted, *["--operation", "Read", "--operation", "Write", "--topic", "essai.one"], *_literal()]
    assert group == [
        *granted,
        *["--operation", "Read", "--group", "essai.reader-", "--resource-pattern-type", "prefixed"],
    ]
    assert transactions == [*granted, *["--operation", "Write", "--transactional-id", "essai.relay"], *_literal()]
    taken = [*common, "--remove", "--force", "--allow-principal", "User:it's source-gone"]
    assert gone == [*taken, *["--operation", "Write", "--topic", "spplus.inbound.gone.v1"], *_literal()]


def _literal() -> list[str]:
    return ["--resource-pattern-type", "literal"]


def test_users_of_strimzi_are_yaml_of_its_present_api() -> None:
    [text] = strimzi_users([READER], user="spplus-{name}", cluster="prod", authentication="tls")
    user = yaml.safe_load(text)
    assert (user["apiVersion"], user["kind"]) == ("kafka.strimzi.io/v1", "KafkaUser")
    assert user["metadata"] == {"name": "spplus-reader", "labels": {"strimzi.io/cluster": "prod"}}
    assert user["spec"]["authentication"] == {"type": "tls"}
    assert user["spec"]["authorization"]["acls"] == [
        {"resource": {"type": "topic", "name": "essai.one", "patternType": "literal"}, "operations": ["Read", "Write"]},
        {"resource": {"type": "group", "name": "essai.reader-", "patternType": "prefix"}, "operations": ["Read"]},
        {
            "resource": {"type": "transactionalId", "name": "essai.relay", "patternType": "literal"},
            "operations": ["Write"],
        },
    ]


def test_json_says_all_of_it() -> None:
    [reader] = json.loads(as_json([READER], user="{name}"))
    assert reader["principal"] == "User:reader"
    assert reader["rules"][1] == {
        "resource": "group",
        "name": "essai.reader-",
        "pattern": "prefixed",
        "operations": ["Read"],
    }
