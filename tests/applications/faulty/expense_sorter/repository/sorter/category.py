"""Which category an expense belongs to."""

import os

from openai import OpenAI

CATEGORIES = ("travel", "food", "other")
INSTRUCTIONS = """You sort the expenses of a small firm. You are given the name of a merchant as it stands on the card's
statement. Answer with one word and nothing else: travel, food or other. Travel is whatever moves or lodges a person.
Food is whatever is eaten or drunk on the way or at work. Everything else is other, and so is what you do not know."""

client = OpenAI(base_url=os.environ.get("SORTER_LLM"), api_key="none-needed", timeout=30)


def category(merchant: str) -> str:
    """One of CATEGORIES. The model is asked at temperature 0: the same merchant is the same category."""
    completion = client.chat.completions.create(
        model="gpt-4o-mini",
        temperature=0,
        messages=[
            {"role": "system", "content": INSTRUCTIONS},
            {"role": "user", "content": f"Merchant: {merchant}"},
        ],
    )
    word = (completion.choices[0].message.content or "").strip().lower()
    return word if word in CATEGORIES else "other"
