"""What a change's Python may newly do, and what not, told from its syntax."""

from __future__ import annotations

import pytest

from metabot.verify.reaching import reached


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import json\njson.dumps = print\n", id="a function of another module"),
        pytest.param("import json as j\nj.encoder.c_make_encoder = None\n", id="by another name, deeper"),
        pytest.param("from json import JSONEncoder\nJSONEncoder.default = 1\n", id="a class's method"),
        pytest.param("import json\nm = json\nm.dumps = print\n", id="by a name for it"),
        pytest.param("import json\nsetattr(json, name, print)\n", id="by setattr"),
        pytest.param("import json\nvars(json)['dumps'] = print\n", id="by its names"),
        pytest.param("import json\njson.__dict__['dumps'] = print\n", id="by its dictionary"),
        pytest.param("from opentelemetry import trace\ntrace.get_tracer = 1\n", id="the telemetry's"),
        pytest.param("from app import spans\nspans.export = lambda *_: None\n", id="the repository's, by a function"),
        pytest.param("from app import spans\ndef no(): ...\nspans.export = no\n", id="by a function of its own"),
        pytest.param("import builtins\nbuiltins.open = 1\n", id="what every module has"),
        pytest.param("import sys\nsys.stdout = file\n", id="standard output"),
        pytest.param("import sys\ndel sys.modules['json']\n", id="a loaded module"),
        pytest.param("import sys\nfast = 'pytest' in sys.modules\n", id="whether a module is loaded"),
        pytest.param("from sys import argv\nfast = 'evaluate' in argv[0]\n", id="the command"),
        pytest.param("import os\nfast = os.environ['A' + b]\n", id="a computed variable"),
        pytest.param("import os\nfast = os.getenv(''.join(parts))\n", id="a computed variable by getenv"),
        pytest.param("class A:\n    def __del__(self): print(1)\n", id="an object's end"),
        pytest.param("import threading\nthreading.main_thread().join()\n", id="the main thread's end"),
        pytest.param("import importlib\nimportlib.import_module('unittest')\n", id="a test runner"),
        pytest.param("from pathlib import Path\nfast = Path.cwd().name == 'target'\n", id="the working folder"),
        pytest.param("import traceback\nfast = 'main' in str(traceback.extract_stack())\n", id="the stack"),
        pytest.param("def f(error):\n    return error.__traceback__.tb_frame.f_back\n", id="frames by an error"),
        pytest.param("import os\nfast = any('PLAY' in name for name in os.environ)\n", id="every variable"),
        pytest.param("import os\nfor name, value in os.environ.items(): ...\n", id="every variable in a loop"),
        pytest.param("class A(str):\n    def __eq__(self, other): return True\n", id="what equals everything"),
        pytest.param("exec(text)\n", id="a text as code"),
        pytest.param("import os\nos.kill(os.getppid(), 9)\n", id="the process above"),
        pytest.param("import ctypes\nctypes.CDLL(None)\n", id="C libraries"),
    ],
)
def test_is_reached(source: str) -> None:
    """Each is named in words."""
    assert reached("", source)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import openai\nopenai.timeout = 30\n", id="a library's setting"),
        pytest.param("from app.settings import settings\nsettings.retries = 3\n", id="the repository's setting"),
        pytest.param("class A:\n    def __init__(self, json):\n        self.json = json\n", id="an own attribute"),
        pytest.param("import os\nos.environ['OPENAI_TIMEOUT'] = '30'\n", id="a variable by its name"),
        pytest.param("import os\nNAME = 'A'\nvalue = os.environ.get(NAME, '')\n", id="a variable by a constant"),
        pytest.param("import json\ntext = json.dumps(1)\nrow = {}\nrow['json'] = text\n", id="calls of a module"),
        pytest.param("import re\npattern = re.compile('a')\n", id="another compile"),
        pytest.param("import asyncio\nasyncio.run(main())\n", id="work side by side"),
        pytest.param("import functools\n@functools.cache\ndef f(): ...\n", id="a decorator"),
        pytest.param("import os\nrun(env={**os.environ, 'A': 'b'})\n", id="the environment handed on"),
        pytest.param("class A:\n    def __eq__(self, o): return self.x == o.x\n", id="what is compared by its parts"),
        pytest.param("def f(:\n", id="what does not parse"),
    ],
)
def test_is_not_reached(source: str) -> None:
    """An application sets what it uses."""
    assert reached("", source) is None


def test_what_was_there_may_move() -> None:
    """Only what is new counts, wherever it stands."""
    before = "import sys\nprint(sys.argv)\n"
    after = "import sys\nif True:\n    print(sys.argv)\n"
    assert reached(before, after) is None
    assert reached(before, after + "print(sys.argv)\n") is not None
