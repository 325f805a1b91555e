"""What agents log about themselves, a JSON object a line: their events, their traces, and the two in one."""
