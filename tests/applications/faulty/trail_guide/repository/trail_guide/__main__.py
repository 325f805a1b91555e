import filetrace
from filetrace import openai_calls
from openai import OpenAI

from trail_guide.answering import answer
from trail_guide.questions import QUESTIONS

filetrace.start("trail-guide")
openai_calls.instrument(code=True)
client = OpenAI()
for visitor, question in QUESTIONS:
    print(answer(client, visitor, question))
