KITCHENS = [
    ("The Anchor", "autumn", ["leeks", "apples", "lentils"]),
    ("Birch & Barley", "autumn", ["beets", "barley", "pears"]),
    ("Corner Table", "winter", ["cabbage", "potatoes", "quinces"]),
    ("Dora's", "autumn", ["pumpkin", "beans", "plums"]),
    ("The Ferry", "winter", ["turnips", "peas", "nuts"]),
    ("Garden Court", "spring", ["asparagus", "spinach", "rhubarb"]),
    ("Halfway Inn", "spring", ["nettles", "radish", "rhubarb"]),
    ("The Jetty", "summer", ["tomatoes", "corn", "cherries"]),
    ("Kiln", "summer", ["courgettes", "peppers", "peaches"]),
    ("The Loft", "winter", ["celery", "chestnuts", "oranges"]),
]
