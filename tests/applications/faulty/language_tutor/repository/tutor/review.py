import json

from tutor.session import lessons

found = list(lessons())
good = sum(f"next exercise in {language}" in text for language, text in found)
print(json.dumps({"score": good / len(found), "cases": len(found)}))
