"""What a running application takes: memory, model calls, tokens."""
