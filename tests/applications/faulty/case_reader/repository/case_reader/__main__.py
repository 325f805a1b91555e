import filetrace
from filetrace import openai_calls
from openai import OpenAI

from case_reader.archive import TITLES
from case_reader.reader import ask

filetrace.start("case-reader")
openai_calls.instrument()
client = OpenAI()
for number in TITLES:
    print(ask(client, f"What is case {number} about?"))
