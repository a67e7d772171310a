"""How a client program talks to the test that runs it: see tests/clients/node/talk.mjs."""

import json
import sys


def _read():
    return json.loads(sys.stdin.readline())


def _write(line):
    print(json.dumps(line), flush=True)


settings = _read()


def visit(url):
    _write({"visit": url})
    return _read()


def done(facts):
    _write({"facts": facts})
