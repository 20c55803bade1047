"""Cordboard: a contact centre engine for shops, on Asterisk. The repository root is this package; `cordboard/` is its nameplate."""

__version__ = "0.1.0"
