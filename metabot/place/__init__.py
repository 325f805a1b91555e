"""From a finding to the repository's own paths and lines."""
