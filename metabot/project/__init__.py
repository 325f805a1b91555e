"""What a project is, told from its files: they are read and parsed, never run or imported."""
