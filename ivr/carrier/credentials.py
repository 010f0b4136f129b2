"""Who may use the account: SID and token by HTTP basic authentication."""

from __future__ import annotations

import hmac

from werkzeug.datastructures import Authorization

from ivr.carrier.settings import CarrierSettings


def checked(settings: CarrierSettings, given: Authorization | None) -> bool:
    """True when account and token are the carrier's own."""
    if given is None or given.type != "basic":
        return False
    pairs = ((given.username, settings.account_sid), (given.password, settings.auth_token))
    return all(hmac.compare_digest((one or "").encode(), other.encode()) for one, other in pairs)
