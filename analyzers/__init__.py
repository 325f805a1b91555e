"""Pure functions from telemetry frames to candidates. Nothing here reads a file, a socket or the clock."""
