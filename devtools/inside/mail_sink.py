"""A mail server on 127.0.0.1 that delivers nothing: every message becomes a file.

The demo sends real messages to it. It tells its port on standard output and ends when standard
input does, thus also when the launcher dies.
"""

import asyncio
import itertools
import re
import signal
import sys
from datetime import datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP

MAX_SIZE = 64 * 1024 * 1024


class Sink:
    """Writes each message to ``folder`` as ``<time>-<number>-<first recipient>.eml``."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.numbers = itertools.count(1)

    async def handle_DATA(self, _server, _session, envelope):
        recipient = re.sub(r"[^\w.@+-]", "_", envelope.rcpt_tos[0])
        moment = datetime.now().strftime("%Y%m%d-%H%M%S")
        name = f"{moment}-{next(self.numbers):04d}-{recipient}.eml"
        (self.folder / name).write_bytes(envelope.content)
        return "250 OK"


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sink = Sink(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(sink, data_size_limit=MAX_SIZE, loop=loop), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


# Ctrl-C is meant for the launcher, whose end this one follows.
signal.signal(signal.SIGINT, signal.SIG_IGN)
asyncio.run(main(Path(sys.argv[1])))
