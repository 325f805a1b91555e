"""One cause under one name, whoever words it; and what no provider says has none."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors.causes import TRANSIENT, cause
from analyzers.errors.wordings import WORDINGS


def cause_of(error_type=None, http_status=None, message=None):
    told = pl.DataFrame(
        {"t": [error_type], "s": [http_status], "m": [message]}, schema={"t": pl.String, "s": pl.Int64, "m": pl.String}
    )
    return told.select(cause(pl.col("t"), pl.col("s"), pl.col("m"))).item()


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ("rate limit", ("litellm.exceptions.RateLimitError", None, None)),
        ("rate limit", (None, None, "Error code: 429 - {'message': 'Service tier capacity exceeded', 'code': '3505'}")),
        ("rate limit", ("429", None, None)),
        ("rate limit", (None, 429, "slow down")),
        ("rate limit", ("rate_limit_error", None, "Number of request tokens has exceeded your per-minute rate limit")),
        ("rate limit", (None, None, "This request would exceed your organization's rate limit of 40,000 input tokens")),
        ("rate limit", ("ThrottlingException", None, "Too many tokens, please wait before trying again.")),
        ("rate limit", (None, None, "Request too large for x on tokens per min (TPM): Limit 30000, Requested 50000")),
        ("rate limit", (None, None, "429 You exceeded your current quota. Please retry in 20.4s: requests per minute")),
        ("rate limit", ("google.api_core.exceptions.ResourceExhausted", None, "Resource exhausted, try again later")),
        ("rate limit", (None, None, "You are using a Trial key, which is limited to 20 API calls / minute")),
        ("quota exceeded", ("openai.RateLimitError", 429, "You exceeded your current quota, check your plan")),
        ("quota exceeded", (None, 400, "Your credit balance is too low to access the API")),
        ("context overflow", ("BadRequestError", 400, "This model's maximum context length is 8192 tokens. However,")),
        ("context overflow", ("invalid_request_error", 400, "prompt is too long: 210000 tokens > 200000 maximum")),
        ("context overflow", ("ValidationException", None, "Input is too long for requested model.")),
        ("context overflow", (None, 400, "The input token count (1200000) exceeds the maximum number of tokens")),
        ("context overflow", (None, None, "the request exceeds the available context size. try increasing it")),
        ("context overflow", ("ContextWindowExceededError", None, None)),
        ("overloaded", ("overloaded_error", None, "Overloaded")),
        ("overloaded", (None, None, "Overloaded")),
        ("overloaded", ("litellm.InternalServerError", None, "VertexAIException - The model is overloaded. Please")),
        ("overloaded", ("openai.InternalServerError", 503, None)),
        ("authentication", ("AuthenticationError", None, "Incorrect API key provided: sk-x")),
        ("authentication", (None, None, "API key not valid. Please pass a valid API key.")),
        ("authentication", (None, 401, None)),
        ("authentication", ("UnrecognizedClientException", None, "The security token included is invalid")),
        ("permission", ("permission_error", None, "Your API key does not have permission to use it")),
        ("permission", ("AccessDeniedException", None, "You don't have access to the model with that ID")),
        ("content filter", ("BadRequestError", 400, "triggering Azure OpenAI's content management policy")),
        ("content filter", ("ContentPolicyViolationError", None, None)),
        ("time-out", ("httpx.ReadTimeout", None, None)),
        ("time-out", ("openai.APITimeoutError", None, "Request timed out.")),
        ("time-out", ("java.net.SocketTimeoutException", None, "Read timed out")),
        ("time-out", (None, 504, None)),
        ("connection", ("requests.exceptions.ConnectionError", None, "HTTPConnectionPool(host='x', port=80)")),
        ("connection", (None, None, "Error: connect ECONNREFUSED 127.0.0.1:8080")),
        ("connection", ("TypeError", None, "fetch failed")),
        ("connection", (None, None, "dial tcp 10.0.0.1:443: connect: connection refused")),
        ("request too large", (None, 413, None)),
        ("not found", ("NotFoundError", None, "Error code: 404 - The model `x` does not exist")),
        ("server error", (None, 500, None)),
        ("server error", (None, None, "500 Server Error: for url: http://e.example")),
        ("invalid request", ("litellm.BadRequestError", None, "messages: roles must alternate")),
        ("invalid request", (None, None, 'HTTP/1.1 400, {"error": "x"}')),
    ],
)
def test_one_cause_has_one_name(expected, told):
    """Wordings of OpenAI, Azure, Anthropic, Google, Bedrock, Mistral, Cohere, LiteLLM, servers and HTTP clients."""
    assert cause_of(*told) == expected


@pytest.mark.parametrize(
    "told",
    [
        pytest.param((None, None, None), id="nothing is known"),
        pytest.param(("", None, ""), id="nothing is said"),
        pytest.param(("FileNotFoundError", None, "No such file or directory: 'a'"), id="a file"),
        pytest.param(("ModuleNotFoundError", None, "No module named 'a'"), id="a module"),
        pytest.param(("PermissionError", None, "[Errno 13] Permission denied: 'a'"), id="a file's permission"),
        pytest.param(("ValueError", None, "rate must be below the limit"), id="words of a rate"),
        pytest.param(("ValidationError", None, "1 validation error for Order"), id="the application's own validation"),
        pytest.param(
            (None, None, "File content (28375 tokens) exceeds maximum allowed tokens (25000)"), id="a file's size"
        ),
        pytest.param((None, None, "Exit code 1\n5 failed, 429 passed"), id="a number"),
        pytest.param((None, None, "The user doesn't want to proceed with this tool use."), id="the user declines"),
        pytest.param((None, None, "flight X030 not available on date 2024-05-13"), id="a tool's answer"),
        pytest.param(("asyncio.CancelledError", None, ""), id="control flow"),
        pytest.param(("IndexError", None, "list index 404 out of range"), id="an index"),
        pytest.param((None, 302, None), id="a status that is no error"),
    ],
)
def test_what_no_provider_says_has_no_cause(told):
    """Words and numbers alike, but no such error."""
    assert cause_of(*told) is None


def test_each_row_has_its_own_cause():
    """Rows keep their order, those alike and null ones as well."""
    told = pl.DataFrame({"t": ["TimeoutError", None, "RateLimitError", "TimeoutError"], "s": [None, 401, 500, None]})
    named = told.select(cause(pl.col("t"), pl.col("s"), pl.lit(None, pl.String)))
    assert named.to_series().to_list() == ["time-out", "authentication", "rate limit", "time-out"]


def test_no_error_has_no_cause():
    """An empty frame gives an empty column, within a lazy query too."""
    told = pl.LazyFrame(schema={"t": pl.String, "s": pl.Int64, "m": pl.String})
    named = told.select(cause(pl.col("t"), pl.col("s"), pl.col("m")).alias("cause")).collect()
    assert named.schema == {"cause": pl.String}
    assert named.is_empty()


def test_what_is_transient_is_a_cause():
    """The names are those of the table."""
    assert {wording.cause for wording in WORDINGS} > TRANSIENT


@given(st.none() | st.text(), st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.text())
def test_always_answers(error_type, http_status, message):
    """Whatever a type or a message holds."""
    assert cause_of(error_type, http_status, message) in {None, *(wording.cause for wording in WORDINGS)}
