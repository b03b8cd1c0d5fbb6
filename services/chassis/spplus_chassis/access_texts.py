"""Access lists as the tools of a cluster take them: Kafka's own command, Strimzi's users, or JSON for anything else."""

import json
import shlex
from collections.abc import Iterable, Iterator
from typing import Final

from spplus_contracts.access_lists import Principal, Rule

NAME: Final = "{name}"
"""Stands for a principal's name in the form of a user."""
_STRIMZI_API: Final = "kafka.strimzi.io/v1"
_STRIMZI_RESOURCES: Final = {"topic": "topic", "group": "group", "transactional-id": "transactionalId"}


def kafka_acls(
    principals: Iterable[Principal], *, user: str, servers: str, revoked: Iterable[Principal] = ()
) -> Iterator[str]:
    """Commands for a shell, one for each rule; those of the revoked take back what an earlier list gave."""
    for action, given in (("--add", principals), ("--remove --force", revoked)):
        for principal in given:
            who = shlex.quote("User:" + user.replace(NAME, principal.name))
            for rule in principal.rules:
                yield (
                    f"kafka-acls.sh --bootstrap-server {shlex.quote(servers)} --command-config admin.properties "
                    f"{action} --allow-principal {who} {_operations(rule)} "
                    f"--{rule.resource} {shlex.quote(rule.name)} --resource-pattern-type {_pattern(rule)}"
                )


def strimzi_users(principals: Iterable[Principal], *, user: str, cluster: str, authentication: str) -> Iterator[str]:
    """`KafkaUser` resources of Strimzi, as YAML."""
    for principal in principals:
        yield "\n".join(
            [
                "---",
                f"apiVersion: {_STRIMZI_API}",
                "kind: KafkaUser",
                "metadata:",
                f"  name: {_quoted(user.replace(NAME, principal.name))}",
                "  labels:",
                f"    strimzi.io/cluster: {_quoted(cluster)}",
                "spec:",
                "  authentication:",
                f"    type: {_quoted(authentication)}",
                "  authorization:",
                "    type: simple",
                "    acls:",
                *(line for rule in principal.rules for line in _strimzi_rule(rule)),
            ]
        )


def as_json(principals: Iterable[Principal], *, user: str) -> str:
    """All of it as one JSON text."""
    lists = [
        {
            "principal": "User:" + user.replace(NAME, principal.name),
            "rules": [
                {
                    "resource": rule.resource.value,
                    "name": rule.name,
                    "pattern": _pattern(rule),
                    "operations": list(rule.operations),
                }
                for rule in principal.rules
            ],
        }
        for principal in principals
    ]
    return json.dumps(lists, indent=2)


def _operations(rule: Rule) -> str:
    return " ".join(f"--operation {operation}" for operation in rule.operations)


def _pattern(rule: Rule) -> str:
    return "prefixed" if rule.prefixed else "literal"


def _strimzi_rule(rule: Rule) -> list[str]:
    resource = {"literal": "literal", "prefixed": "prefix"}[_pattern(rule)]
    return [
        "      - resource:",
        f"          type: {_STRIMZI_RESOURCES[rule.resource]}",
        f"          name: {_quoted(rule.name)}",
        f"          patternType: {resource}",
        f"        operations: [{', '.join(rule.operations)}]",
    ]


def _quoted(text: str) -> str:
    return json.dumps(text)  # a JSON string is a YAML string, whatever it looks like
