"""What a function of the target asks a model, and how a generated test sees it without asking one."""
