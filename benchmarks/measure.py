"""Seconds, SQL queries and memory of a piece of work."""

import platform
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from odoo import sql_db

from odoo.addons.base.models.ir_actions_report import _wkhtml

# Writing 5 there makes Linux forget the highest memory use so far.
CLEAR_REFS = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")


@dataclass
class Cost:
    """What one piece of work took.

    ``memory`` is how far the resident memory of this process rose above what it was, in bytes.
    """

    seconds: float = 0.0
    queries: int = 0
    memory: int = 0

    def __add__(self, other):
        """One piece of work after the other."""
        return Cost(
            self.seconds + other.seconds,
            self.queries + other.queries,
            max(self.memory, other.memory),
        )

    @classmethod
    def median(cls, costs):
        """The typical one of several: median time, the others are the worst case."""
        return cls(
            median(cost.seconds for cost in costs),
            max(cost.queries for cost in costs),
            max(cost.memory for cost in costs),
        )


def describe_machine(cr):
    """What the figures were measured on."""
    cr.execute(
        "SELECT current_setting('server_version'), current_setting('shared_buffers'), "
        "current_setting('work_mem'), current_setting('fsync')"
    )
    server = "PostgreSQL {}, shared_buffers {}, work_mem {}, fsync {}".format(*cr.fetchone())
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{time.strftime('%Y-%m-%d')}: {psutil.cpu_count()} processors ({platform.machine()}), "
        f"{memory:.0f} GiB memory, Python {platform.python_version()}\n{server}, "
        f"load {psutil.getloadavg()[0]:.1f}\n"
        f"wkhtmltopdf {'with' if _wkhtml().is_patched_qt else 'without'} patches to Qt"
    )


@contextmanager
def measured(cr=None):
    """Measure the block; the :class:`Cost` is filled when it ends.

    :param cr: whose queries are counted; without it those of all cursors
    """
    cost = Cost()
    memory = psutil.Process().memory_info().rss
    _forget_peak()
    queries = _count_queries(cr)
    start = time.perf_counter()
    yield cost
    cost.seconds = time.perf_counter() - start
    cost.queries = _count_queries(cr) - queries
    cost.memory = max(_get_peak() - memory, 0)


def _count_queries(cr):
    return cr.sql_log_count if cr else sql_db.sql_counter


def _forget_peak():
    if CLEAR_REFS.exists():
        CLEAR_REFS.write_text("5")


def _get_peak():
    """Highest resident memory since the last call of :func:`_forget_peak`, in bytes."""
    if not STATUS.exists():
        return psutil.Process().memory_info().rss
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
