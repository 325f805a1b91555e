"""From a verified proposal to a pull request that a person decides on."""
