from types import SimpleNamespace

from recap.recap import recap


class Model:
    def __init__(self, text):
        self.text, self.asked = text, {}
        self.chat = SimpleNamespace(completions=self)

    def create(self, **asked):
        self.asked = asked
        return SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content=self.text))])


def test_the_recap_is_read():
    model = Model('{"title": "Demo", "decisions": [], "actions": []}')
    assert recap(model, "Meeting: Demo")["title"] == "Demo"
    assert model.asked["model"] == "gpt-4.1-nano"
