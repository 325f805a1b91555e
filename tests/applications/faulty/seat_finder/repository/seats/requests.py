REQUESTS = (
    "Two for Faust, stalls please",
    "One for Medea, balcony",
    "Anything for Faust?",
    "A seat for Medea, stalls",
    "One for Faust, balcony if there is one",
    "Something for Medea, I do not mind where",
    "Three for Medea, balcony",
    "A ticket for Faust, please",
    "One for Faust, stalls",
    "Two for Medea, balcony",
    "Is there one for Medea?",
    "One for Medea, stalls",
)
