"""The command line: one function per command: parse, call, print."""
