"""A tutor who gives one exercise after the other."""

from openai import OpenAI
from opentelemetry import trace

tracer = trace.get_tracer("tutor")


class Tutor:
    def __init__(self, client: OpenAI, language: str, session: str) -> None:
        self.client = client
        self.session = session
        self.history = [{"role": "system", "content": f"You teach {language}. Correct the answer, then go on."}]

    def reply(self, text: str) -> str:
        """Takes the pupil's text and gives the next exercise."""
        with tracer.start_as_current_span("Tutor.reply", attributes={"session.id": self.session}):
            self.history.append({"role": "user", "content": text})
            completion = self.client.chat.completions.create(
                model="gemma-2-9b",
                messages=self.history,
                extra_headers={"X-Session": self.session},
            )
            answer = completion.choices[0].message.content or ""
            self.history.append({"role": "assistant", "content": answer})
            return answer
