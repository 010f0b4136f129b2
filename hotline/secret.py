"""The secret that signs cookies and keys the hashes of numbers."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_key(var: Path) -> bytes:
    """What session cookies are signed with: made once, kept in ``var`` and readable by its user only."""
    path = var / "secret.key"
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        # Written aside and then put in place: two that start at once must end up with one key.
        draft = path.with_name(f"secret.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        draft.unlink()
    return path.read_bytes()
