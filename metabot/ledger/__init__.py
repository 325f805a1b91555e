"""What metabot saw, decided, predicted and got."""
