"""Over HTTP: the live stream of an event log. Decides nothing."""
