"""The ASGI application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api import problems
from api.benches import Benches
from api.bodies import body_limit
from api.guard import Guard
from api.rebuilds import Rebuilds
from api.routes import WEB, router
from api.service import Service
from api.wording import Wording
from api.writer import Writer
from indexer.config import Limits
from indexer.errors import TriptychError
from search.grounded import Chat

log = logging.getLogger(__name__)

FOLLOW_SECONDS = 0.1
"""How often a running service looks for a new generation of its index."""


def create_app(  # noqa: PLR0913, PLR0917 (a part of the service each)
    service: Service,
    limits: Limits,
    hosts: Iterable[str] = (),
    writer: Writer | None = None,
    rebuilds: Rebuilds | None = None,
    chat: Chat | None = None,
) -> FastAPI:
    """The HTTP service over `service`, which is opened in the background unless it is open.

    `hosts` are names and addresses a request may be sent to, besides the loopback ones.
    `writer` and `rebuilds` change the index; without them the service is read-only. The app
    ends them when it stops, as it does `service`. `chat` words answers that ask for it.
    """
    app = FastAPI(
        title="Triptych",
        version=_version(),
        summary="Find the answer to a support question from a screenshot or a sentence.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.service = service
    app.state.limits = limits
    app.state.writer = writer
    app.state.rebuilds = rebuilds
    app.state.wording = Wording(chat)
    app.state.benches = Benches(service)
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=WEB), name="static")
    app.add_middleware(
        Guard,
        hosts=tuple(hosts),
        most_bytes=body_limit(limits),
        upload_bytes=limits.file_bytes,
    )
    problems.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    writer: Writer | None = app.state.writer
    rebuilds: Rebuilds | None = app.state.rebuilds
    keeping = asyncio.create_task(_keep_open(service, writer))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        if writer is not None:
            await writer.close()
        if rebuilds is not None:
            await rebuilds.close()
        benches: Benches = app.state.benches
        await benches.close()
        service.close()


async def _keep_open(service: Service, writer: Writer | None) -> None:
    """Open the index, then take up every new generation soon after its commit."""
    if not service.ready:
        await _open(service)
    if service.ready and writer is not None:
        writer.start()
    while service.ready:
        await asyncio.sleep(FOLLOW_SECONDS)
        try:
            if await service.follow():
                log.info("serving a new generation of the index")
        except TriptychError as error:
            log.error("a new generation cannot be opened, the old one goes on: %s", error)
        except Exception:
            log.exception("a new generation cannot be opened, the old one goes on")


async def _open(service: Service) -> None:
    """Open the index beside the running server; /readyz tells the reason when it fails."""
    try:
        await asyncio.to_thread(service.open)
    except TriptychError as error:
        log.error("the index could not be opened: %s", error)
    except Exception:
        log.exception("the index could not be opened")


def _version() -> str:
    try:
        return version("triptych")
    except PackageNotFoundError:
        return "0"
