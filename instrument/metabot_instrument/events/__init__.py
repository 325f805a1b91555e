"""What happened in an application, as lines of an event log: written, read, followed, played back."""
