"""Questions as visitors write them."""

QUESTIONS = [
    ("Ada", "How long does the lake trail take?"),
    ("Bela", "May I bring my dog to the ridge?"),
    ("Chen", "How long is the meadow loop with a pram?"),
    ("Dara", "Where can I fill my bottle?"),
    ("Elif", "Is the gorge open today?"),
    ("Finn", "How long is the way to the saddle?"),
    ("Gita", "When does the last bus leave?"),
    ("Hugo", "May we swim in the lake?"),
    ("Iris", "How long does the night trail take?"),
    ("Jonas", "Can I camp at the lake?"),
]
