"""What a text looks like that tries to talk a model out of its instructions: signals that are computed."""
