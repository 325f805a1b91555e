"""One question to a language model: its form, its time, its price, and what is kept of it."""
