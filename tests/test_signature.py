"""Twilio's own signature vectors (FACTS), and what the line does with them."""

from __future__ import annotations

import pytest

from ivr.signature import Signatures

PARAMS = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
PATH = "/myapp.php?foo=1&bar=2"
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
WITH_PORT = "kvajT1Ptam85bY51eRf/AJRuM3w="


@pytest.fixture
def signatures() -> Signatures:
    return Signatures("https://mycompany.com", "12345")


@pytest.mark.parametrize("signature", [SIGNATURE, WITH_PORT])
def test_twilios_vectors_hold(signatures: Signatures, signature: str) -> None:
    assert signatures.webhook_ok(PATH, PARAMS, signature)


@pytest.mark.parametrize("signature", [None, "", "x", SIGNATURE[:-2] + "x=", "签名"])
def test_another_signature_is_refused(signatures: Signatures, signature: str | None) -> None:
    assert not signatures.webhook_ok(PATH, PARAMS, signature)


def test_the_signature_covers_address_parameters_and_secret(signatures: Signatures) -> None:
    assert not signatures.webhook_ok(PATH.replace("1", "2"), PARAMS, SIGNATURE)
    assert not signatures.webhook_ok(PATH, {**PARAMS, "Digits": "4321"}, SIGNATURE)
    assert not Signatures("https://mycompany.com", "54321").webhook_ok(PATH, PARAMS, SIGNATURE)
    assert not Signatures("https://other.com", "12345").webhook_ok(PATH, PARAMS, SIGNATURE)


def test_flasks_bare_question_mark_is_not_part_of_the_address(signatures: Signatures) -> None:
    signature = signatures._validator.compute_signature("https://mycompany.com/voice/incoming", PARAMS)
    assert signatures.webhook_ok("/voice/incoming?", PARAMS, signature)


@pytest.mark.parametrize("base", ["https://mycompany.com", "http://127.0.0.1:8000"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_handshake_signs_the_sockets_address(base: str, slash: str) -> None:
    signatures = Signatures(base, "12345")
    good = signatures._validator.compute_signature(base.replace("http", "ws", 1) + "/media" + slash, {})
    page = signatures._validator.compute_signature(base + "/media", {})
    assert signatures.handshake_ok(good)
    assert signatures.handshake_ok(None)
    assert not signatures.handshake_ok("")
    assert not signatures.handshake_ok(page)
