"""What checks an agent's actions before they run: validators in a pipeline, a decision for each action."""
