"""How every client of Kafka reaches the brokers and shows who it is: one place for all of them.

The secrets never stand in a text that may be shown: not in `repr`, not in an error, not on the page of settings.
"""

import ssl
import sys
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PLATFORM_FILE = Path(".spplus/platform.env")
"""Written by the local platform while it runs, so that commands find it from the project's root."""


class SecurityProtocol(StrEnum):
    """How a connection is protected."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def encrypted(self) -> bool:
        """Whether TLS protects it."""
        return self in {SecurityProtocol.SSL, SecurityProtocol.SASL_SSL}

    @property
    def named(self) -> bool:
        """Whether the client gives a user and a password."""
        return self in {SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL}


class SaslMechanism(StrEnum):
    """How a user proves who it is."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


_FASTSTREAM: Final = {
    SaslMechanism.PLAIN: SASLPlaintext,
    SaslMechanism.SCRAM_SHA_256: SASLScram256,
    SaslMechanism.SCRAM_SHA_512: SASLScram512,
}


class KafkaSettings(BaseSettings):
    """Where Kafka is and how to be let in."""

    model_config = SettingsConfigDict(
        env_file=PLATFORM_FILE,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # what was given holds passwords
    )

    kafka_bootstrap_servers: str = Field(default="127.0.0.1:9092", validation_alias="SPPLUS_KAFKA_BOOTSTRAP_SERVERS")
    """Kafka's addresses, comma-separated. Shared by all services."""
    topic_prefix: str = Field(default="", validation_alias="SPPLUS_TOPIC_PREFIX", pattern=r"^[a-z0-9.-]*$")
    """Put before every topic, group and transactional id, so that platforms can share a cluster."""
    kafka_security_protocol: SecurityProtocol = Field(
        default=SecurityProtocol.PLAINTEXT, validation_alias="SPPLUS_KAFKA_SECURITY_PROTOCOL"
    )
    """PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. Over a network: one with SSL."""
    kafka_sasl_mechanism: SaslMechanism | None = Field(default=None, validation_alias="SPPLUS_KAFKA_SASL_MECHANISM")
    """PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; goes with a SASL protocol."""
    kafka_sasl_username: str | None = Field(default=None, validation_alias="SPPLUS_KAFKA_SASL_USERNAME")
    """User that the brokers know; each service has its own."""
    kafka_sasl_password: SecretStr | None = Field(default=None, validation_alias="SPPLUS_KAFKA_SASL_PASSWORD")
    """Its password; better given by a file."""
    kafka_sasl_password_file: Path | None = Field(default=None, validation_alias="SPPLUS_KAFKA_SASL_PASSWORD_FILE")
    """File that holds the password alone, such as a mounted secret."""
    kafka_ssl_ca_file: Path | None = Field(default=None, validation_alias="SPPLUS_KAFKA_SSL_CA_FILE")
    """Certificates (PEM) that sign the brokers' own; none: those that the system trusts."""
    kafka_ssl_certificate_file: Path | None = Field(default=None, validation_alias="SPPLUS_KAFKA_SSL_CERTIFICATE_FILE")
    """Certificate of this client (PEM), where the brokers ask for one."""
    kafka_ssl_key_file: Path | None = Field(default=None, validation_alias="SPPLUS_KAFKA_SSL_KEY_FILE")
    """Its private key (PEM, not encrypted)."""

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: Any, info: Any) -> Any:  # noqa: ANN401 - any setting
        """An empty variable, as compose files pass it on, is one that is not set."""
        if value != "" or info.field_name not in _OPTIONAL:
            return value
        return cls.model_fields[info.field_name].default

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        fault = self._fault_of_protocol() or self._fault_of_password() or self._fault_of_files()
        if fault:
            raise ValueError(fault)
        return self

    def client_options(self) -> dict[str, Any]:
        """What every client of aiokafka is given. Raises `OSError` where a file has gone since the start."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.kafka_bootstrap_servers,
            "security_protocol": self.kafka_security_protocol.value,
        }
        if self.kafka_sasl_mechanism is not None:
            options |= {
                "sasl_mechanism": self.kafka_sasl_mechanism.value,
                "sasl_plain_username": self.kafka_sasl_username,
                "sasl_plain_password": self._password(),
            }
        if self.kafka_security_protocol.encrypted:
            options["ssl_context"] = self._tls()
        return options

    def faststream_security(self) -> BaseSecurity | None:
        """The same for the broker of FastStream."""
        tls = self._tls() if self.kafka_security_protocol.encrypted else None
        if self.kafka_sasl_mechanism is None:
            return None if tls is None else BaseSecurity(ssl_context=tls)
        kind = _FASTSTREAM[self.kafka_sasl_mechanism]
        return kind(username=self.kafka_sasl_username or "", password=self._password(), ssl_context=tls)

    def _fault_of_protocol(self) -> str | None:
        protocol, tls_files = self.kafka_security_protocol, ("ca_file", "certificate_file", "key_file")
        given = {name for name in _OPTIONAL if getattr(self, name) is not None} - {"kafka_security_protocol"}
        if protocol.named:
            missing = {"kafka_sasl_mechanism", "kafka_sasl_username"} - given
            if missing:
                return f"{_variables(missing)}: needed with SPPLUS_KAFKA_SECURITY_PROTOCOL={protocol}"
        elif needless := {name for name in given if name.startswith("kafka_sasl_")}:
            return (
                f"{_variables(needless)}: never sent with SPPLUS_KAFKA_SECURITY_PROTOCOL={protocol}; choose a SASL one"
            )
        needless = {f"kafka_ssl_{name}" for name in tls_files} & given
        if needless and not protocol.encrypted:
            return (
                f"{_variables(needless)}: not used with SPPLUS_KAFKA_SECURITY_PROTOCOL={protocol}; choose one with SSL"
            )
        pair = {"kafka_ssl_certificate_file", "kafka_ssl_key_file"}
        if len(pair & given) == 1:
            return f"{_variables(pair - given)}: needed with {_variables(pair & given)}"
        return None

    def _fault_of_password(self) -> str | None:
        if not self.kafka_security_protocol.named:
            return None
        given = [name for name in _PASSWORDS if getattr(self, name) is not None]
        if len(given) != 1:
            return f"{' or '.join(map(_variable, _PASSWORDS))}: exactly one of them is needed"
        try:
            empty = not self._password()
        except (OSError, UnicodeDecodeError) as error:
            return f"{_variable(given[0])}: cannot be read ({type(error).__name__})"
        return f"{_variable(given[0])}: is empty" if empty else None

    def _fault_of_files(self) -> str | None:
        if not self.kafka_security_protocol.encrypted:
            return None
        try:
            ssl.create_default_context(cafile=self.kafka_ssl_ca_file)
        except (OSError, ssl.SSLError) as error:
            return f"SPPLUS_KAFKA_SSL_CA_FILE: cannot be used ({type(error).__name__})"
        try:
            self._tls()
        except (OSError, ssl.SSLError) as error:
            names = _variables({"kafka_ssl_certificate_file", "kafka_ssl_key_file"})
            return f"{names}: cannot be used together ({type(error).__name__})"
        return None

    def _password(self) -> str:
        if self.kafka_sasl_password_file is not None:
            return self.kafka_sasl_password_file.read_text(encoding="utf-8").strip("\r\n")
        return "" if self.kafka_sasl_password is None else self.kafka_sasl_password.get_secret_value()

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.kafka_ssl_ca_file)
        if self.kafka_ssl_certificate_file is not None:
            # Without a password given, OpenSSL would ask for one at the terminal.
            context.load_cert_chain(self.kafka_ssl_certificate_file, self.kafka_ssl_key_file, password=b"")
        return context


Settings = TypeVar("Settings", bound=KafkaSettings)

_OPTIONAL: Final = tuple(
    name for name in KafkaSettings.model_fields if name.startswith(("kafka_security_", "kafka_sasl_", "kafka_ssl_"))
)
_PASSWORDS: Final = ("kafka_sasl_password", "kafka_sasl_password_file")


def _variable(name: str) -> str:
    return f"SPPLUS_{name.upper()}"


def _variables(names: Collection[str]) -> str:
    return ", ".join(sorted(map(_variable, names)))


SECURITY_VARIABLES: Final = tuple(map(_variable, _OPTIONAL))
"""Variables that say how to be let in."""


def connected(kafka: KafkaSettings | str) -> dict[str, Any]:
    """What a client of aiokafka is given; a bare address is that of a broker that lets everybody in."""
    return {"bootstrap_servers": kafka} if isinstance(kafka, str) else kafka.client_options()


def read_settings(kind: type[Settings], program: str) -> Settings:
    """Settings of a program, or its end: with one line for each setting at fault, by its variable, without a value."""
    try:
        return kind()
    except ValidationError as error:
        prefix = kind.model_config.get("env_prefix", "")
        faults = [_explained(fault["loc"], fault["msg"], prefix) for fault in error.errors(include_url=False)]
    sys.exit("\n".join(f"{program}: {fault}" for fault in faults))


def _explained(place: tuple[int | str, ...], message: str, prefix: str) -> str:
    said = message.removeprefix("Value error, ")
    if not place:
        return said
    name = str(place[0])
    return f"{name if name.isupper() else (prefix + name).upper()}: {said}"
