"""Settings and prompt files: their values, and one value changed with everything around it as it was."""
