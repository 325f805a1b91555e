import json

from seats.desk import answers

found = list(answers())
print(json.dumps({"score": sum("seat" in text for text in found) / len(found), "cases": len(found)}))
