"""What a sentence about a change claims, and whether finding and change bear it out."""
