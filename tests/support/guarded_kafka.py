"""A Kafka that asks who is there: users, certificates, and nothing allowed that was not granted.

What anybody on the machine does through the node's plain door is the administrator's doing; the doors that a network
would see ask for a user with its password, in the clear or over TLS, or for a certificate.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from spplus_chassis.kafka_settings import KafkaSettings
from spplus_contracts.access_lists import Principal, Resource
from spplus_embedded.kafka import FAST, KafkaNode, Listener
from spplus_embedded.ports import HOST, free_port
from tests.support.certificates import Authority

RUNTIME = Path(__file__).parents[2] / ".spplus/runtime"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_RESOURCES = {
    Resource.TOPIC: ResourceType.TOPIC,
    Resource.GROUP: ResourceType.GROUP,
    Resource.TRANSACTIONAL_ID: ResourceType.TRANSACTIONAL_ID,
}


@dataclass
class GuardedKafka:
    """One node with an authorizer; `names` are users, each with a password and a certificate of its own."""

    folder: Path
    names: Iterable[str]
    prefix: str = ""
    node: KafkaNode = field(init=False)
    passwords: dict[str, str] = field(init=False)

    def __post_init__(self):
        self.passwords = {name: secrets.token_urlsafe(12) for name in self.names}
        self.authority = Authority(self.folder)
        self._ports = {name: free_port() for name in ("SASL", "SASLTLS", "TLS")}
        self.node = KafkaNode(
            self.folder / "kafka",
            runtime=RUNTIME,
            listeners=[
                Listener("SASL", "SASL_PLAINTEXT", self._ports["SASL"]),
                Listener("SASLTLS", "SASL_SSL", self._ports["SASLTLS"]),
                Listener("TLS", "SSL", self._ports["TLS"]),
            ],
            scram_users=self.passwords,
            properties=FAST | self._properties(),
        )

    def _properties(self) -> Mapping[str, str]:
        certificate, key = self.authority.issue("broker")
        chain = self.folder / "broker-keystore.pem"
        chain.write_bytes(key.read_bytes() + certificate.read_bytes())
        plain = " ".join(f'user_{name}="{password}"' for name, password in self.passwords.items())
        logins = {"scram-sha-256": _SCRAM, "scram-sha-512": _SCRAM}
        logins["plain"] = f"org.apache.kafka.common.security.plain.PlainLoginModule required {plain};"
        return {
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            **{
                f"listener.name.{door}.{mechanism}.sasl.jaas.config": login
                for door in ("sasl", "sasltls")
                for mechanism, login in logins.items()
            },
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(chain),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority.file),
            "listener.name.tls.ssl.client.auth": "required",
            "ssl.principal.mapping.rules": "RULE:^CN=(.*)$/$1/",
        }

    @property
    def administrator(self) -> KafkaSettings:
        """Who may do everything."""
        return KafkaSettings(
            kafka_bootstrap_servers=self.node.bootstrap_servers, topic_prefix=self.prefix, _env_file=None
        )

    def user(self, name: str, door: str = "SASL", mechanism: str = "SCRAM-SHA-512") -> dict[str, str]:
        """Variables by which a client is this user."""
        common = {
            "SPPLUS_KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{self._ports[door]}",
            "SPPLUS_TOPIC_PREFIX": self.prefix,
        }
        tls = {"SPPLUS_KAFKA_SSL_CA_FILE": str(self.authority.file)}
        if door == "TLS":
            certificate, key = self.authority.issue(name)
            own = {"SPPLUS_KAFKA_SSL_CERTIFICATE_FILE": str(certificate), "SPPLUS_KAFKA_SSL_KEY_FILE": str(key)}
            return common | tls | own | {"SPPLUS_KAFKA_SECURITY_PROTOCOL": "SSL"}
        password = self.folder / f"{name}.password"
        password.write_text(self.passwords[name])
        sasl = {
            "SPPLUS_KAFKA_SECURITY_PROTOCOL": "SASL_SSL" if door == "SASLTLS" else "SASL_PLAINTEXT",
            "SPPLUS_KAFKA_SASL_MECHANISM": mechanism,
            "SPPLUS_KAFKA_SASL_USERNAME": name,
            "SPPLUS_KAFKA_SASL_PASSWORD_FILE": str(password),
        }
        return common | sasl | (tls if door == "SASLTLS" else {})

    def settings(self, name: str, door: str = "SASL", mechanism: str = "SCRAM-SHA-512") -> KafkaSettings:
        """The same, as settings."""
        given = self.user(name, door, mechanism)
        fields = {variable.removeprefix("SPPLUS_").lower(): value for variable, value in given.items()}
        return KafkaSettings(**fields, _env_file=None)

    def grant(self, principals: Iterable[Principal], user: str) -> None:
        """Give what these may do, as an administrator's tool would."""
        bindings = [
            AclBinding(
                _RESOURCES[rule.resource],
                rule.name,
                ResourcePatternType.PREFIXED if rule.prefixed else ResourcePatternType.LITERAL,
                "User:" + user.replace("{name}", principal.name),
                "*",
                AclOperation[operation.upper()],
                AclPermissionType.ALLOW,
            )
            for principal in principals
            for rule in principal.rules
            for operation in rule.operations
        ]
        client = AdminClient({"bootstrap.servers": self.node.bootstrap_servers})
        for outcome in client.create_acls(bindings).values():
            outcome.result(timeout=20)
