"""The commands of ``python -m hotline``; each module lists its own in ``commands``."""
