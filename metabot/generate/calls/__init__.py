"""The calls that a target's functions make: whose they are, what they change, and how a test takes their place."""
