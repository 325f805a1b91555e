"""Files of lines that many threads and processes write to: whole lines only, rotated, and what is lost is counted."""
