import gzip
import json

import pytest

from metabot.errors import InputError, SettingsError
from metabot.telemetry import formats, otlp_json
from tests.metabot.telemetry.exports import export, jaeger, jaeger_span, line, otlp_span

OTLP = line(export(otlp_span()))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(OTLP, "otlp-json", id="lines of exports"),
        pytest.param(json.dumps([export(otlp_span())], indent=2).encode(), "otlp-json", id="an array over many lines"),
        pytest.param(b"torn line\n" + OTLP, "otlp-json", id="a broken line first"),
        pytest.param(OTLP.replace(b"resourceSpans", b"batches"), "otlp-json", id="Tempo's batches"),
        pytest.param(line({"resourceLogs": []}), "otlp-json", id="another signal of the same format"),
        pytest.param(b"", "otlp-json", id="an empty file"),
        pytest.param(b" \n\n", "otlp-json", id="white space"),
        pytest.param(line(jaeger(jaeger_span())), "jaeger-json", id="Jaeger"),
        pytest.param(json.dumps(jaeger(jaeger_span()), indent=1).encode(), "jaeger-json", id="Jaeger over many lines"),
        pytest.param(b'{"data": [], "total": 0}', "jaeger-json", id="Jaeger without a trace"),
        pytest.param(
            line(jaeger(jaeger_span(operationName='say "resourceSpans": now'))), "jaeger-json", id="the word in a text"
        ),
    ],
)
def test_a_format_is_recognised_by_what_the_file_holds(tmp_path, data, name):
    """The file's name decides nothing."""
    path = tmp_path / "telemetry.txt"
    path.write_bytes(data)
    assert formats.recognise(path) == name


@pytest.mark.parametrize(
    ("data", "seems"),
    [
        pytest.param(line({"trace": {"id": "1"}, "observations": []}), "seems to be a Langfuse export", id="Langfuse"),
        pytest.param(
            line({"parentUuid": None, "sessionId": "1"}),
            "seems to be a Claude Code session",
            id="a coding agent's session",
        ),
        pytest.param(line({"resource_spans": []}), "field names in snake case", id="snake case"),
        pytest.param(gzip.compress(OTLP), "is compressed or packed (gzip)", id="compressed"),
        pytest.param(line({"name": "x"}), "is JSON of an unknown shape", id="other JSON"),
        pytest.param(line({"batches": [1, 2]}), "is JSON of an unknown shape", id="other batches"),
        pytest.param(b"time,duration\n1,2\n", "is no JSON", id="a table"),
    ],
)
def test_another_format_is_refused_with_what_to_do(tmp_path, data, seems):
    """The message names the file, what it seems to be, and the way on."""
    path = tmp_path / "export.json"
    path.write_bytes(data)
    with pytest.raises(InputError) as refused:
        formats.recognise(path)
    assert str(path) in str(refused.value)
    assert seems in str(refused.value)
    assert "OTLP/JSON" in str(refused.value)


def test_a_file_that_is_not_there_is_an_input_error(tmp_path):
    """Not a traceback."""
    with pytest.raises(InputError, match="Check its name"):
        formats.recognise(tmp_path / "absent.json")


def test_a_dotted_path_names_a_reader_of_ones_own():
    """Any function of the reader's shape stands for a format."""
    assert formats.reader("otlp-json") is otlp_json.read
    assert formats.reader("metabot.telemetry.otlp_json.read") is otlp_json.read


@pytest.mark.parametrize("name", ["otlp", "acme.telemetry.read", "metabot.telemetry.otlp_json.absent", "a..b"])
def test_an_unknown_format_is_refused_with_what_to_do(name):
    """The known ones are named."""
    with pytest.raises(SettingsError, match=r"Use one of otlp-json, jaeger-json|Name a function"):
        formats.reader(name)
