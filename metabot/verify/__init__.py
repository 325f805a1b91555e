"""Proof before the pull request: policy, sandbox, tests, measurement, verdict."""
