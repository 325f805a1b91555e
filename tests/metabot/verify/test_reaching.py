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
        pytest.param("import json\njson.__setattr__('dumps', print)\n", id="by __setattr__"),
        pytest.param("from app import spans\ntype.__setattr__(spans, name, print)\n", id="by the type's __setattr__"),
        pytest.param("from app import spans\nvars(spans).update(export=print)\n", id="by an update of its names"),
        pytest.param("from app import spans\nspans.__dict__.pop('export')\n", id="by taking one of its names"),
        pytest.param("from app import spans\nspans.__dict__.setdefault('a', 1)\n", id="by setting a default there"),
        pytest.param("from app import spans\ndict.update(vars(spans), a=1)\n", id="by dict's own update"),
        pytest.param(
            "from app import spans\ngetattr(spans, 'all').export = lambda: 1\n", id="a part of a part by name"
        ),
        pytest.param("import json\nkept = vars(json)\n", id="all names of Python's own module"),
        pytest.param("import json\nkept = json.__dict__\n", id="its dictionary"),
        pytest.param("import sys\nmodules = getattr(sys, 'modules')\n", id="loaded modules by name"),
        pytest.param("import sys\nmodules = getattr(sys, 'mod' + 'ules', {})\n", id="by a name put together"),
        pytest.param("import os\nend = getattr(os, name)\n", id="by a name that is computed"),
        pytest.param("import builtins\nrun = getattr(builtins, 'exec')\n", id="what runs a text by name"),
        pytest.param("import os\nos.execv('/bin/true', ['true'])\n", id="another program"),
        pytest.param(
            "from os import execvpe as become\nbecome('true', [], {})\n", id="another program by another name"
        ),
        pytest.param("import os\nos.posix_spawn('/bin/true', [], {})\n", id="a spawned program"),
        pytest.param("import subprocess\nsubprocess.Popen('a', start_new_session=True)\n", id="a session of its own"),
        pytest.param("run('a', **{'start_new_session': True})\n", id="a session of its own by a text"),
        pytest.param("from contextlib import redirect_stdout\nredirect_stdout(f).__enter__()\n", id="redirection"),
        pytest.param("import contextlib\nwith contextlib.redirect_stderr(f): ...\n", id="redirection of errors"),
        pytest.param("import os\nos.write(1, b'a')\n", id="standard output by its number"),
        pytest.param("out = open(1, 'w')\n", id="a file of its number"),
        pytest.param("import sys\nsys.exit(0)\n", id="the process's end"),
        pytest.param("raise SystemExit\n", id="its end by what is raised"),
        pytest.param(
            "class A(str):\n    def __contains__(self, word): return len(word) > 0\n", id="a text that has all"
        ),
        pytest.param("class A(str):\n    def same(a, b): ...\n    __eq__ = same\n", id="a text's comparison, assigned"),
        pytest.param("class A(list):\n    __contains__: object = any\n", id="a list's, annotated"),
        pytest.param(
            "from collections import UserString\nclass A(UserString):\n    def __eq__(a, b): x\n", id="a kind of text"
        ),
        pytest.param("class A: ...\nA.__contains__ = same\n", id="a comparison put in later"),
        pytest.param("A = type('A', (str,), {'__contains__': same})\n", id="a comparison by its name"),
        pytest.param("import logging\nclass A(logging.Handler):\n    def close(self): print(1)\n", id="the log's end"),
        pytest.param('print(\'{"score": 1.0, "cases": 20}\')\n', id="the score as a text"),
        pytest.param("print(json.dumps({'cases': 20, 'score': 1.0}))\n", id="the score as pairs"),
        pytest.param("print(json.dumps(dict(score=1, cases=20)))\n", id="the score by words"),
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
        pytest.param("object.__setattr__(self, 'a', 1)\n", id="a frozen object's own part"),
        pytest.param("class A(B):\n    def __setattr__(self, n, v): super().__setattr__(n, v)\n", id="its own setting"),
        pytest.param("self.__dict__.update(given)\n", id="an object's own names"),
        pytest.param("names = vars(options)\n", id="names of what was parsed"),
        pytest.param("from app import spans\nknown = vars(spans)['export']\n", id="a part of the repository's, read"),
        pytest.param("import logging\nlevel = getattr(logging, name)\n", id="a constant by name"),
        pytest.param("import os\nmode = getattr(os, 'O_BINARY', 0)\n", id="what not every system has"),
        pytest.param("import subprocess\nsubprocess.run(['a'], check=True)\n", id="a program that is waited for"),
        pytest.param("class A:\n    def __contains__(self, o): return o in self.all\n", id="a container of its own"),
        pytest.param("class A(str):\n    def same(self, other): return self == other\n", id="a kind of text"),
        pytest.param("class A(list):\n    sorted = True\n", id="a kind of list"),
        pytest.param(
            "import logging\nclass A(logging.Handler):\n    def emit(self, r): ...\n", id="a handler of the log"
        ),
        pytest.param("row = {'score': 1.0, 'document': 2}\n", id="another score"),
        pytest.param("file = open('a')\nraise ValueError(1)\n", id="a file, and an error"),
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


def test_a_class_that_compares_otherwise_may_get_more() -> None:
    """Its other lines are not what is looked at."""
    before = "class A(str):\n    def __eq__(self, other): return self.lower() == other\n"
    assert reached(before, before + "    def short(self): return self[:9]\n") is None
    assert reached("class A(str): ...\n", before) == "how others compare it"
