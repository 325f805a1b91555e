"""From a placed finding to a written change with its test."""
