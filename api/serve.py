"""Run the HTTP service and the page over one index."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from pathlib import Path

import uvicorn
from rich.console import Console

from api.app import create_app
from api.guard import ANY_ADDRESS
from api.rebuilds import Rebuilds
from api.service import SearchEngine, Service
from api.writer import Writer
from indexer.config import Settings
from indexer.errors import TriptychError
from search.desk import Desk
from search.llm import ChatEndpoint


def serve(
    folder: Path, settings: Settings, host: str, port: int, writable: bool | None = None
) -> None:
    """Open the index at `folder` and answer requests at `host`:`port` until interrupted.

    Port 0 takes any free port. `writable` says whether documents may be changed and the index
    rebuilt; None allows it on a loopback address.
    Raises TriptychError when the index cannot be opened, the address cannot be bound, or the
    settings of the language model cannot be used.
    """
    chat = ChatEndpoint(settings.llm, settings.offline) if settings.llm.endpoint else None
    listener = bind(host, port)
    with listener:
        service = Service(lambda base: _open_warm(folder, settings, base), settings.threads)
        service.open()
        if writable is None:
            writable = is_loopback(host)
        app = create_app(
            service,
            settings.limits,
            allowed_hosts(host),
            Writer(folder) if writable else None,
            Rebuilds(folder) if writable else None,
            chat,
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
        with suppress(KeyboardInterrupt):
            Server(config, host, Console(), writable).run(sockets=[listener])


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises TriptychError saying why it cannot be."""
    if not 0 <= port <= 65_535:
        raise TriptychError(f"cannot listen on {_netloc(host, port)}: ports go up to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise TriptychError(f"cannot listen on {_netloc(host, port)}: {error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise TriptychError(
            f"cannot listen on {_netloc(host, port)}: {error.strerror}; choose another with --port"
        ) from error
    return listener


def allowed_hosts(host: str) -> tuple[str, ...]:
    """Names and addresses under which a server bound to `host` may be asked."""
    if host in {"", "0.0.0.0", "::"}:
        return (ANY_ADDRESS, socket.gethostname(), socket.getfqdn())
    return (host,)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


class Server(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(
        self, config: uvicorn.Config, host: str, console: Console, writable: bool = False
    ) -> None:
        super().__init__(config)
        self._host = host
        self._writable = writable
        self._console = console

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.should_exit or not sockets:
            return
        address = f"http://{_netloc(self._host, sockets[0].getsockname()[1])}/"
        self._console.print(f"Triptych is ready at {address}  (Ctrl+C stops it)", soft_wrap=True)
        if not is_loopback(self._host):
            self._console.print(
                f"Warning: anyone on the network who reaches {address} can query this index"
                f"{' and change it' if self._writable else ''}.",
                style="yellow",
                soft_wrap=True,
            )


def _netloc(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _open_warm(folder: Path, settings: Settings, base: SearchEngine | None) -> Desk:
    engine = Desk.open(folder, settings, base if isinstance(base, Desk) else None)
    try:
        engine.warm_up()
    except BaseException:
        engine.close()
        raise
    return engine
