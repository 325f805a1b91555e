"""The commands of each group, with their options and help; what they do is imported when they are called."""
