"""The channels against real servers: what arrives, what is refused for good, and what is tried again."""

import json
import ssl
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.channels import sms, smtp
from app.channels.interface import NotDelivered, OutgoingMessage, Refused
from app.channels.settings import SmsSettings, SmtpSettings
from app.channels.sms import SmsGateway
from app.channels.smtp import SmtpServer
from tests.support.mail import DROP, MailServer
from tests.support.receiver import Receiver, dripping, replying, silent_for

LETTER = OutgoingMessage("msg_1", "ada@example.com", "Grüße,\n\nPay now: https://x", "Grüße €", "<p>Grüße</p>")
TEXT = OutgoingMessage("msg_2", "+393331234567", "Aurora: 129,90 €")


def post(server: MailServer, message: OutgoingMessage = LETTER) -> str:
    return SmtpServer(server.settings, "hello@shop.example", "Aurora, Shop").send(message)


def test_an_e_mail_arrives_whole() -> None:
    with MailServer() as server:
        reference = post(server)
        post(server)
    first, second = server.mails
    assert reference == first["Message-ID"] == second["Message-ID"] == "<msg_1@shop.example>"
    assert (first["Subject"], first["To"]) == ("Grüße €", "ada@example.com")
    assert first["From"] == '"Aurora, Shop" <hello@shop.example>'
    assert first["Auto-Submitted"] == "auto-generated"
    assert first.get_body(("plain",)).get_content().rstrip("\n").replace("\r", "") == LETTER.text
    assert first.get_body(("html",)).get_content().strip() == LETTER.html
    assert server.taken[0].mail_from == "hello@shop.example"


@pytest.mark.parametrize(
    ("recipient", "data", "expected"),
    [
        ("550 5.1.1 no such person", "", Refused),
        ("554 5.7.1 relay access denied", "", NotDelivered),
        ("530 5.7.0 authentication required", "", NotDelivered),
        ("450 4.2.1 full just now", "", NotDelivered),
        ("", "554 5.7.1 looks like spam", Refused),
        ("", "451 4.7.1 come back later", NotDelivered),
        ("", DROP, NotDelivered),
    ],
)
def test_an_answer_about_the_message_decides_whether_it_is_tried_again(
    recipient: str, data: str, expected: type[Exception]
) -> None:
    with MailServer(answers=[recipient] if recipient else [], data_answers=[data] if data else []) as server:
        with pytest.raises(expected):
            post(server)
        post(server)
    assert server.mails[-1]["Message-ID"] == "<msg_1@shop.example>"


def test_an_address_cannot_carry_a_header() -> None:
    with MailServer() as server, pytest.raises(Refused):
        post(server, OutgoingMessage("msg_1", "ada@example.com\r\nBcc: eve@example.com", "x", "x", "x"))
    with MailServer() as server, pytest.raises(Refused):
        post(server, OutgoingMessage("msg_1", "ada@example.com", "x", "x\r\nBcc: eve@example.com", "x"))
    assert server.taken == []


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_server_is_believed_only_with_a_certificate(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MailServer(_certificate(tmp_path), security) as server:
        with pytest.raises(NotDelivered, match="SSLCertVerificationError"):
            post(server)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        post(server)
        wrong = SmtpSettings("127.0.0.1", server.settings.port, security, "ada", "wrong")
        with pytest.raises(NotDelivered, match="535"):
            SmtpServer(wrong, "hello@shop.example", "Aurora").send(LETTER)
    assert len(server.taken) == 1


def test_a_server_that_is_not_there_or_says_nothing_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "STEP_SECONDS", 0.2)
    with Receiver() as silent:  # an HTTP server: it waits for us to speak first, as an SMTP server never does
        port = int(silent.url.split(":")[2].split("/")[0])
        with pytest.raises(NotDelivered):
            SmtpServer(SmtpSettings("127.0.0.1", port, "none"), "hello@shop.example", "Aurora").send(LETTER)
    with pytest.raises(NotDelivered):
        SmtpServer(SmtpSettings("127.0.0.1", port, "none"), "hello@shop.example", "Aurora").send(LETTER)


def text(gateway: Receiver, message: OutgoingMessage = TEXT) -> str:
    url = gateway.url.removesuffix("/hook")
    return SmsGateway(SmsSettings(url, "AC1", "token", "+390612345678")).send(message)


def test_a_text_message_is_posted_as_the_gateway_wants_it() -> None:
    paths: list[str] = []

    def taken(handler: BaseHTTPRequestHandler) -> None:
        paths.append(handler.path)
        replying(201, json.dumps({"sid": "SM1"}))(handler)

    with Receiver([taken]) as gateway:
        assert text(gateway) == "SM1"
    assert paths == ["/2010-04-01/Accounts/AC1/Messages.json"]
    request = gateway.received[0]
    assert request.headers["authorization"] == "Basic QUMxOnRva2Vu"
    form = {"To": ["+393331234567"], "From": ["+390612345678"], "Body": ["Aurora: 129,90 €"]}
    assert parse_qs(request.body.decode()) == form


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, '{"code": 21211, "message": "not a number"}', Refused),
        (400, '{"code": 21606, "message": "the sender is not yours"}', NotDelivered),
        (400, "<html>", NotDelivered),
        (401, '{"code": 20003}', NotDelivered),
        (429, '{"code": 20429}', NotDelivered),
        (500, "", NotDelivered),
        (302, "", NotDelivered),
        (200, "<html>", None),
    ],
)
def test_a_gateways_answer_decides_whether_it_is_tried_again(
    status: int, body: str, expected: type[Exception] | None
) -> None:
    with Receiver([replying(status, body, Location="http://127.0.0.1:1/")]) as gateway:
        if expected is None:
            assert text(gateway) == ""
        else:
            with pytest.raises(expected):
                text(gateway)
    assert len(gateway.received) == 1


def test_a_gateway_that_is_slow_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms, "READ_SECONDS", 0.2)
    with Receiver([silent_for(1), dripping]) as gateway:
        with pytest.raises(NotDelivered):
            text(gateway)
        assert text(gateway) == ""  # it said 200 at once: a repeat would be a second text


def _certificate(folder: Path) -> ssl.SSLContext:
    """A server's certificate for 127.0.0.1 that nobody but a test trusts, in `folder`/server.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context
