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
from api.bodies import body_limit
from api.guard import Guard
from api.routes import WEB, router
from api.service import Service
from indexer.config import Limits
from indexer.errors import TriptychError

log = logging.getLogger(__name__)

FOLLOW_SECONDS = 0.5
"""How often a running service looks for a new generation of its index."""

RETRY_SECONDS = 30.0
"""How long it waits after a generation that could not be opened."""


def create_app(service: Service, limits: Limits, hosts: Iterable[str] = ()) -> FastAPI:
    """The HTTP service over `service`, which is opened in the background unless it is open.

    `hosts` are names and addresses a request may be sent to, besides the loopback ones.
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
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=WEB), name="static")
    app.add_middleware(Guard, hosts=tuple(hosts), most_bytes=body_limit(limits))
    problems.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    keeping = asyncio.create_task(_keep_open(service))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        service.close()


async def _keep_open(service: Service) -> None:
    """Open the index, then take up every new generation soon after its commit."""
    if not service.ready:
        await _open(service)
    pause = FOLLOW_SECONDS
    while service.ready:
        await asyncio.sleep(pause)
        pause = RETRY_SECONDS
        try:
            if await service.follow():
                log.info("serving a new generation of the index")
            pause = FOLLOW_SECONDS
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
