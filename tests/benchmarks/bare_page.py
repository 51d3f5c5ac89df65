"""The floor of a page: Litestar and jinja draw as many bytes of a table, packed, and nothing else.

No database, no session, no rights, no words: what a page of this size costs at the least.
"""

import argparse
import gzip

import uvicorn
from jinja2 import Environment
from litestar import Litestar, Response, get
from litestar.params import FromQuery

GZIP_LEVEL = 4
ROW = (
    '<tr class="row"><td><a class="link" href="/work-orders/{{ row.number }}">{{ row.number }}</a>'
    '</td><td class="wide">{{ row.customer }}</td><td>{{ row.summary }}</td>'
    '<td><span class="chip {{ row.tone }}">{{ row.status }}</span></td></tr>\n'
)
PAGE = "<!doctype html>\n<title>Bare</title>\n<table>\n{% for row in rows %}" + ROW + "{% endfor %}"
CHARS_PER_ROW = 280


def app() -> Litestar:
    """The bare server."""
    template = Environment(autoescape=True).from_string(PAGE)

    @get("/page", sync_to_thread=True)
    def page(chars: FromQuery[int]) -> Response[bytes]:
        rows = [
            {
                "number": f"WO-26-{number:06}",
                "customer": f"Müller & Söhne {number}",
                "summary": f"Heat pump {number} does not start",
                "tone": "good" if number % 3 else "bad",
                "status": "planned" if number % 2 else "done",
            }
            for number in range(chars // CHARS_PER_ROW)
        ]
        html = template.render(rows=rows).encode()
        packed = gzip.compress(html, GZIP_LEVEL, mtime=0)
        return Response(packed, media_type="text/html", headers={"Content-Encoding": "gzip"})

    return Litestar([page], openapi_config=None, logging_config=None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(
        app(),
        host="127.0.0.1",
        port=parser.parse_args().port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
    )
