"""The words that applications and metabot share: event types, layers, attribute names, block hashes.

Standard library only.
"""
