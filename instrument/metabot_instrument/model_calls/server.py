"""Who answers a client: the host that it asks, and the provider behind it as far as the host tells."""

from __future__ import annotations

from typing import Any, Final

from metabot_instrument.vocabulary import attributes as names

_PROVIDERS: Final = {
    "openai.azure.com": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.inference",
    "deepseek.com": "deepseek",
    "groq.com": "groq",
    "mistral.ai": "mistral_ai",
    "x.ai": "x_ai",
    "perplexity.ai": "perplexity",
    "anthropic.com": "anthropic",
    "cohere.com": "cohere",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "amazonaws.com": "aws.bedrock",
}
"""From the end of a host's name to the provider as the GenAI conventions name it."""


def attributes(client: Any) -> dict[str, Any]:
    url = client.base_url
    return {names.PROVIDER: _provider(client, url.host), names.SERVER: url.host or None, names.PORT: url.port}


def _provider(client: Any, host: str) -> str:
    """Any other host speaks OpenAI's interface, and is called by it."""
    if any(one.__name__ == "BaseAzureClient" for one in type(client).__mro__):
        return "azure.ai.openai"
    return next((name for end, name in _PROVIDERS.items() if f".{host}".endswith(f".{end}")), "openai")
