import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry.langfuse_usage import usage
from metabot.telemetry.usage import usage as normalized


def counts(details, answer=None, **fields):
    """Input, cached, cache write, output and reasoning tokens, as the span will have them."""
    return tuple(normalized(usage({"usageDetails": details, **fields}, answer)))


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        pytest.param({"input": 20, "output": 5, "total": 25}, (20, None, None, 5, None), id="plain"),
        pytest.param({"input": 20, "total": 20}, (20, None, None, None, None), id="no output counted"),
        pytest.param(
            {"input": 30, "output": 9, "total": 139, "input_cached_tokens": 70, "output_reasoning_tokens": 30},
            (100, 70, None, 39, 30),
            id="the parts taken out of the whole",
        ),
        pytest.param(
            {"input": 100, "output": 39, "total": 139, "input_cached_tokens": 70, "output_reasoning_tokens": 30},
            (100, 70, None, 39, 30),
            id="the parts within the whole",
        ),
        pytest.param(
            {"input": 30, "output": 9, "input_cache_read": 70, "output_reasoning": 30},
            (100, 70, None, 39, 30),
            id="no total: the names decide",
        ),
        pytest.param(
            {"input": 100, "output": 35, "total": 199, "output_reasoning": 64},
            (100, None, None, 99, 64),
            id="a total larger by the reasoning",
        ),
        pytest.param(
            {"input": 5, "output": 845, "total": 2023},
            (5, None, None, 845, None),
            id="a total larger by nobody knows what",
        ),
        pytest.param(
            {
                "input": 100,
                "output": 39,
                "total": 139,
                "prompt_details.cache_read": 70,
                "completion_details.reasoning": 30,
            },
            (100, 70, None, 39, 30),
            id="the attributes' names",
        ),
        pytest.param(
            {"input": 100, "output": 39, "prompt_details.cache_read": 70},
            (100, 70, None, 39, None),
            id="the attributes' names without a total",
        ),
        pytest.param(
            {"input": 4, "output": 9, "total": 113, "cache_read_input_tokens": 80, "cache_creation_input_tokens": 20},
            (104, 80, 20, 9, None),
            id="Anthropic's names",
        ),
        pytest.param(
            {
                "input": 4,
                "output": 9,
                "input_cached_tokens": 80,
                "input_cache_creation_5m": 15,
                "input_cache_creation": 5,
            },
            (104, 80, 20, 9, None),
            id="cache writes by how long they last",
        ),
        pytest.param(
            {"input": 7, "output": 5, "input_audio": 3, "total": 15}, (10, None, None, 5, None), id="audio taken out"
        ),
        pytest.param({"input": "20", "output": "5"}, (20, None, None, 5, None), id="texts"),
        pytest.param('{"input": 20, "output": 5}', (20, None, None, 5, None), id="JSON in a text"),
        pytest.param({"input": 0, "output": 0, "total": 0}, (None,) * 5, id="nothing counted"),
        pytest.param({}, (None,) * 5, id="nothing written"),
        pytest.param({"input": -1, "output": None, "total": "many"}, (None,) * 5, id="no counts"),
    ],
)
def test_counts_have_one_meaning(details, expected):
    """Input with the cached, output with the reasoning, whoever filled the table."""
    assert counts(details) == expected


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            {
                "choices": [],
                "usage": {
                    "prompt_tokens": 100,
                    "completion_tokens": 39,
                    "total_tokens": 139,
                    "prompt_tokens_details": {"cached_tokens": 70},
                    "completion_tokens_details": {"reasoning_tokens": 30},
                },
            },
            id="a chat completion",
        ),
        pytest.param(
            {
                "object": "response",
                "usage": {
                    "input_tokens": 100,
                    "output_tokens": 39,
                    "total_tokens": 139,
                    "input_tokens_details": {"cached_tokens": 70},
                    "output_tokens_details": {"reasoning_tokens": 30},
                },
            },
            id="a response",
        ),
        pytest.param(
            [
                {
                    "usage_metadata": {
                        "input_tokens": 100,
                        "output_tokens": 39,
                        "total_tokens": 139,
                        "input_token_details": {"cache_read": 70},
                        "output_token_details": {"reasoning": 30},
                    }
                }
            ],
            id="LangChain's message",
        ),
        pytest.param(
            {
                "usageMetadata": {
                    "promptTokenCount": 100,
                    "candidatesTokenCount": 9,
                    "thoughtsTokenCount": 30,
                    "cachedContentTokenCount": 70,
                    "totalTokenCount": 139,
                }
            },
            id="Google's",
        ),
    ],
)
def test_the_providers_own_count_goes_before(answer):
    """Langfuse's may be an estimate of its own: it counts the recorded texts where it was told nothing."""
    assert counts({"input": 542, "output": 235, "total": 777}, answer) == (100, 70, None, 39, 30)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"usage": {"input": 20, "output": 5, "total": 25, "unit": "TOKENS"}}, (20, 5), id="usage"),
        pytest.param(
            {"usage": {"promptTokens": 20, "completionTokens": 5, "totalTokens": 25}}, (20, 5), id="its old names"
        ),
        pytest.param({"promptTokens": 20, "completionTokens": 5, "totalTokens": 25}, (20, 5), id="beside the others"),
        pytest.param(
            {"inputUsage": 20, "outputUsage": 0, "totalUsage": 20}, (20, None), id="0 where nothing was counted"
        ),
        pytest.param({"inputUsage": 0, "outputUsage": 0, "totalUsage": 0}, (None, None), id="nothing counted"),
        pytest.param({"usage": {"input": 900, "output": 50, "unit": "CHARACTERS"}}, (None, None), id="no tokens"),
    ],
)
def test_older_versions_wrote_other_fields(fields, expected):
    """They fill in 0 for an unknown count."""
    found = counts({}, **fields)
    assert (found[0], found[3]) == expected


_NAMES = st.sampled_from(
    [
        "input",
        "output",
        "total",
        "input_cached_tokens",
        "cache_read_input_tokens",
        "output_reasoning",
        "prompt_details.x",
        "",
        "a.b",
    ]
)
_VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=3), st.dictionaries(st.text(max_size=3), st.integers()))


@given(details=st.one_of(_VALUES, st.dictionaries(_NAMES, _VALUES)), answer=_VALUES)
def test_never_raises_on_content(details, answer):
    """Whatever stands there: counts or nothing."""
    assert all(one is None or one >= 0 for one in counts(details, answer))
