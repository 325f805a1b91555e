"""What is learned from an agent's actions after they ran, without their waiting for it."""
