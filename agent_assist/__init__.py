"""The desk's helper: turns what a caller says into an intake form. Pure: no sockets, no clock of its own."""
