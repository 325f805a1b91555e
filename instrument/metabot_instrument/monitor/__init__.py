"""What an agent measures about itself while it runs."""
