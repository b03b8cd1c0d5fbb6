"""How a client is let in: complete, consistent, and silent about its secrets."""

import ssl
import subprocess
import sys

import pytest
from pydantic import ValidationError

from spplus_chassis.kafka_settings import SECURITY_VARIABLES, KafkaSettings, connected
from spplus_chassis.settings import ServiceSettings
from tests.support.certificates import Authority

SECRET = "a-very-secret-word"
SCRAM = {
    "SPPLUS_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "SPPLUS_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "SPPLUS_KAFKA_SASL_USERNAME": "feedback",
    "SPPLUS_KAFKA_SASL_PASSWORD": SECRET,
}
TLS = {"SPPLUS_KAFKA_SECURITY_PROTOCOL": "SSL"}


@pytest.fixture
def given(monkeypatch):
    def read(**variables):
        for name in SECURITY_VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        return KafkaSettings(_env_file=None)

    return read


def test_without_settings_nothing_is_asked(given):
    settings = given(SPPLUS_KAFKA_BOOTSTRAP_SERVERS="kafka:9092")
    assert settings.client_options() == {"bootstrap_servers": "kafka:9092", "security_protocol": "PLAINTEXT"}
    assert settings.faststream_security() is None
    assert connected("kafka:9092") == {"bootstrap_servers": "kafka:9092"}


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_user_is_named_alike_to_every_client(given, mechanism):
    settings = given(**SCRAM | {"SPPLUS_KAFKA_SASL_MECHANISM": mechanism})
    options = settings.client_options()
    assert (options["security_protocol"], options["sasl_mechanism"]) == ("SASL_PLAINTEXT", mechanism)
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("feedback", SECRET)
    security = settings.faststream_security()
    assert (security.username, security.password, security.use_ssl) == ("feedback", SECRET, False)
    assert mechanism.replace("-SHA-", "").lower() in type(security).__name__.lower()


def test_a_password_may_stand_in_a_file(given, tmp_path):
    (tmp_path / "password").write_text(SECRET + "\n")
    variables = SCRAM | {"SPPLUS_KAFKA_SASL_PASSWORD": "", "SPPLUS_KAFKA_SASL_PASSWORD_FILE": tmp_path / "password"}
    assert given(**variables).client_options()["sasl_plain_password"] == SECRET


def test_empty_variables_count_as_absent(given):
    assert given(**dict.fromkeys(SECURITY_VARIABLES, "")).client_options()["security_protocol"] == "PLAINTEXT"


def test_tls_checks_the_broker_and_shows_the_client(given, tmp_path):
    authority = Authority(tmp_path)
    certificate = authority.issue("feedback")
    files = {"SPPLUS_KAFKA_SSL_CERTIFICATE_FILE": certificate[0], "SPPLUS_KAFKA_SSL_KEY_FILE": certificate[1]}
    settings = given(**TLS, SPPLUS_KAFKA_SSL_CA_FILE=authority.file, **files)
    context = settings.client_options()["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1
    assert settings.faststream_security().use_ssl


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        (TLS | {"SPPLUS_KAFKA_SECURITY_PROTOCOL": "TLS"}, "SPPLUS_KAFKA_SECURITY_PROTOCOL"),
        (SCRAM | {"SPPLUS_KAFKA_SASL_MECHANISM": "GSSAPI"}, "SPPLUS_KAFKA_SASL_MECHANISM"),
        (SCRAM | {"SPPLUS_KAFKA_SASL_MECHANISM": ""}, "SPPLUS_KAFKA_SASL_MECHANISM"),
        (SCRAM | {"SPPLUS_KAFKA_SASL_USERNAME": ""}, "SPPLUS_KAFKA_SASL_USERNAME"),
        (SCRAM | {"SPPLUS_KAFKA_SASL_PASSWORD": ""}, "SPPLUS_KAFKA_SASL_PASSWORD_FILE"),
        (SCRAM | {"SPPLUS_KAFKA_SASL_PASSWORD_FILE": "/nowhere"}, "SPPLUS_KAFKA_SASL_PASSWORD"),
        (
            SCRAM | {"SPPLUS_KAFKA_SASL_PASSWORD": "", "SPPLUS_KAFKA_SASL_PASSWORD_FILE": "/nowhere"},
            "SPPLUS_KAFKA_SASL_PASSWORD_FILE",
        ),
        (
            SCRAM | {"SPPLUS_KAFKA_SASL_PASSWORD": "", "SPPLUS_KAFKA_SASL_PASSWORD_FILE": "/dev/null"},
            "SPPLUS_KAFKA_SASL_PASSWORD_FILE",
        ),
        (SCRAM | {"SPPLUS_KAFKA_SECURITY_PROTOCOL": ""}, "SPPLUS_KAFKA_SASL_PASSWORD"),
        (SCRAM | {"SPPLUS_KAFKA_SSL_CA_FILE": "/nowhere"}, "SPPLUS_KAFKA_SSL_CA_FILE"),
        (TLS | {"SPPLUS_KAFKA_SSL_CA_FILE": "/nowhere"}, "SPPLUS_KAFKA_SSL_CA_FILE"),
        (TLS | {"SPPLUS_KAFKA_SSL_CA_FILE": "/dev/null"}, "SPPLUS_KAFKA_SSL_CA_FILE"),
        (TLS | {"SPPLUS_KAFKA_SSL_KEY_FILE": "/nowhere"}, "SPPLUS_KAFKA_SSL_CERTIFICATE_FILE"),
        (
            TLS | {"SPPLUS_KAFKA_SSL_KEY_FILE": "/nowhere", "SPPLUS_KAFKA_SSL_CERTIFICATE_FILE": "/nowhere"},
            "SPPLUS_KAFKA_SSL_KEY_FILE",
        ),
    ],
)
def test_what_does_not_fit_is_named_without_its_value(given, variables, named):
    with pytest.raises(ValidationError) as raised:
        given(**variables)
    assert named in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_secret_is_in_no_text(given):
    settings = given(**SCRAM)
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()


def test_a_service_that_cannot_start_says_why_and_nothing_more():
    database = f"postgresql://feedback:{SECRET}@nowhere/feedback"
    variables = SCRAM | {"SPPLUS_KAFKA_SASL_USERNAME": "", "SPPLUS_FEEDBACK_DATABASE_URL": database}
    command = [sys.executable, "-m", "spplus_feedback", "serve"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
    assert run.returncode == 1
    assert run.stderr == (
        "spplus-feedback: SPPLUS_KAFKA_SASL_USERNAME: needed with SPPLUS_KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT\n"
    )


def test_a_setting_of_a_service_at_fault_is_named_by_its_variable():
    run = subprocess.run(
        [sys.executable, "-m", "spplus_feedback", "serve"], capture_output=True, text=True, check=False, env={}, cwd="/"
    )
    assert run.stderr == "spplus-feedback: SPPLUS_FEEDBACK_DATABASE_URL: Field required\n"


def test_services_have_these_settings_too():
    assert issubclass(ServiceSettings, KafkaSettings)
