"""What a text claims, held against what an application knows."""
