"""A server of one page: it holds the page and nothing else, so there is nothing else to reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synth.lazily import compiled

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse

POLICY = compiled(r'http-equiv="Content-Security-Policy" content="([^"]*)"')


def served(page: str) -> Starlette:
    """An application that answers `/` with the page, and everything else with 404.

    The page's own content policy is sent as a header too, with what only a header can say.
    """
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    found = POLICY.search(page)
    assert found is not None, "every showcase carries its policy"
    headers = {
        "Content-Security-Policy": f"{found[1]}; frame-ancestors 'self'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }

    async def answer(_: Request) -> HTMLResponse:
        return HTMLResponse(page, headers=headers)

    return Starlette(routes=[Route("/", answer, methods=["GET"])])
