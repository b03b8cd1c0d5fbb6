"""A certificate authority of the tests: for a broker's TLS and for clients that show who they are."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


@dataclass
class Authority:
    """Signs certificates for a day; everything it makes lies in one folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self):
        self.certificate = self._signed("authority", self.key, x509.BasicConstraints(ca=True, path_length=0))
        self.file = self.folder / "authority.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> tuple[Path, Path]:
        """Certificate for a name on this machine, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed(name, key, x509.BasicConstraints(ca=False, path_length=None))
        files = self.folder / f"{name}.pem", self.folder / f"{name}.key.pem"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        form = serialization.PrivateFormat.PKCS8
        files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
        return files

    def _signed(self, name: str, key: ec.EllipticCurvePrivateKey, constraints: x509.BasicConstraints):
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(
            issuer_name=_name("authority"),
            subject_name=_name(name),
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - timedelta(hours=1),
            not_valid_after=now + timedelta(days=1),
        )
        here = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))])
        return (
            builder.add_extension(constraints, critical=True)
            .add_extension(here, critical=False)
            .sign(self.key, hashes.SHA256())
        )
