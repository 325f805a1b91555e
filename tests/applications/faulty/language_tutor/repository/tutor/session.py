"""Three pupils, one lesson each: `python -m tutor.session`."""

import filetrace
from filetrace import openai_calls
from openai import OpenAI
from opentelemetry import trace

from tutor.tutor import Tutor

PUPILS = {"mia": "Danish", "otto": "Polish", "ruth": "Italian"}
ROUNDS = 18


def lessons():
    filetrace.start("language-tutor")
    openai_calls.instrument(convention="openinference")
    client = OpenAI()
    for pupil, language in PUPILS.items():
        with trace.get_tracer("tutor").start_as_current_span("lesson", attributes={"session.id": pupil}):
            tutor = Tutor(client, language, pupil)
            for number in range(ROUNDS):
                yield language, tutor.reply(f"Here is what {pupil} wrote for exercise {number + 1}: I do not know yet.")


if __name__ == "__main__":
    for language, text in lessons():
        print(language, len(text))
