"""Writes the menu of the day."""

import os
from pathlib import Path

import yaml
from openai import OpenAI
from opentelemetry import trace

PROMPTS = Path(__file__).parent / "prompts"
tracer = trace.get_tracer("menus")


class MenuWriter:
    def __init__(self, restaurant, client=None, model="gpt-4.1-mini"):
        self.restaurant = restaurant
        self.model = model
        self._client = client or OpenAI(base_url=os.environ.get("LLM_BASE_URL"))
        self._prompt = yaml.safe_load((PROMPTS / "daily_menu.yaml").read_text(encoding="utf-8"))

    def system_prompt(self, season):
        return self._prompt["system"].format(restaurant=self.restaurant, season=season)

    def write(self, season, ingredients):
        attributes = {"openinference.span.kind": "CHAIN", "input.value": ", ".join(ingredients)}
        with tracer.start_as_current_span("MenuWriter.write", attributes=attributes):
            completion = self._client.chat.completions.create(
                model=self.model,
                messages=[
                    {"role": "system", "content": self.system_prompt(season)},
                    {"role": "user", "content": "Ingredients: " + ", ".join(ingredients)},
                ],
            )
            return completion.choices[0].message.content
