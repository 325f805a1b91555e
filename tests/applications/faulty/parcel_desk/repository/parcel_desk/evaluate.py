import json

from parcel_desk.fake_carrier import HUBS
from parcel_desk.load import pages

found = pages()
right = [HUBS[sum(map(ord, page["number"])) % 5] in page["text"] for page in found]
print(json.dumps({"score": sum(right) / len(right), "cases": len(right)}))
