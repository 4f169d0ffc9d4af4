"""What the settings of a server cost: memory of the database, maintenance, batches, workers."""

import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from statistics import median
from unittest.mock import patch

from odoo.tools import SQL, config

from .copies import vacuum
from .sending import BATCH_SIZE, WARM_UP, propose_notices
from .servers import mail_server, web_server

REPEATS = 3
WORK_MEMORIES = ("4MB", "16MB", "64MB", "256MB")
# Proposals that are undone before the database is swept up.
UNDONE = 5
BATCHES = (1, 5, 20, 60)
WORKERS = (1, 2, 4)
WORKER = """
import sys
import odoo
from odoo import SUPERUSER_ID, api
from odoo.tools import config
config.parse_config(sys.argv[2:], setup_logging=False)
config["smtp_server"], config["smtp_port"] = "127.0.0.1", int(sys.argv[1])
registry = odoo.modules.registry.Registry(config["db_name"][0])
with registry.cursor() as cr:
    api.Environment(cr, SUPERUSER_ID, {})["dunning.notice"]._get_open_companies()
print("ready", flush=True)
sys.stdin.readline()
with registry.cursor() as cr:
    api.Environment(cr, SUPERUSER_ID, {})["dunning.notice"]._cron_send_notices()
"""


@dataclass
class Setting:
    """Seconds of the same work with one value of a setting."""

    name: str
    value: str
    seconds: float


class Tuning:
    """Measures on one database, of which the notices are sent in the end."""

    def __init__(self, env, day, proposing):
        self.env = env
        self.cr = env.cr
        self.day = day
        self.proposing = proposing

    def measure(self, count):
        """All settings in turn.

        :param int count: notices that are sent with each value
        :rtype: list[Setting]
        """
        settings = self._measure_work_memory() + self._measure_maintenance()
        by_email, by_post = propose_notices(self.env, self.day)
        by_email.level_id.attach_letter = False
        with mail_server(), web_server(self.env):
            letters = min(count, len(by_post) // len(BATCHES) - WARM_UP)
            if letters > 0:
                settings += self._measure_batches("letters printed together", by_post, letters)
            settings += self._measure_batches("e-mails prepared together", by_email, count)
            rest = by_email.filtered(lambda notice: notice.state == "proposed")
            settings += self._measure_workers(rest, count)
        return settings

    # === DATABASE ===#
    def _measure_work_memory(self):
        """The decision statement with so much memory per operation."""
        seconds = {value: [] for value in WORK_MEMORIES}
        for _repeat in range(REPEATS):
            for value, measurements in seconds.items():
                self.cr.execute(SQL("SELECT set_config('work_mem', %s, TRUE)", value))
                measurements.append(self._decide())
        return [Setting("work_mem", value, median(some)) for value, some in seconds.items()]

    def _measure_maintenance(self):
        """The decision statement before and after what undone proposals left is swept up."""
        vacuum(self.cr.dbname)
        swept = [self._decide() for _repeat in range(REPEATS)]
        for _proposal in range(UNDONE):
            run = self.env["dunning.run"].create(
                {"company_id": self.env.company.id, "date": self.day}
            )
            run._propose()
            self.env.flush_all()
            self.cr.rollback()
        dirty = [self._decide() for _repeat in range(REPEATS)]
        vacuum(self.cr.dbname)
        return [
            Setting("vacuum", "just now", median(swept)),
            Setting("vacuum", f"{UNDONE} undone proposals ago", median(dirty)),
        ]

    def _decide(self):
        costs = {"decision": []}
        self.proposing.measure_decision(costs)
        return costs["decision"][0].seconds

    # === SENDING ===#
    def _measure_batches(self, name, notices, count):
        """Seconds per notice that went out so many at a time."""
        settings = []
        start = 0
        for batch in BATCHES:
            some = notices[start : start + WARM_UP + count]
            start += WARM_UP + count
            self._send(some[:WARM_UP], batch)
            settings.append(Setting(name, str(batch), self._send(some[WARM_UP:], batch) / count))
        return settings

    def _send(self, notices, batch):
        self._fill_outbox(notices)
        start = time.perf_counter()
        with patch(BATCH_SIZE, batch):
            notices._cron_send_notices()
        seconds = time.perf_counter() - start
        self._check_sent(notices)
        return seconds

    def _measure_workers(self, notices, count):
        """Seconds per e-mail when several processes share one outbox."""
        settings = []
        start = 0
        for workers in WORKERS:
            some = notices[start : start + workers * count]
            start += workers * count
            self._fill_outbox(some)
            seconds = self._work(workers)
            self._check_sent(some)
            settings.append(Setting("workers", str(workers), seconds / len(some)))
        return settings

    def _work(self, workers):
        command = [sys.executable, "-c", WORKER, str(config["smtp_port"])]
        command += ["-d", self.cr.dbname, f"--addons-path={','.join(config['addons_path'])}"]
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _worker in range(workers)
        ]
        for process in processes:
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("A worker did not start.")
        start = time.perf_counter()
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            with closing(process.stdout), closing(process.stdin):
                if process.wait():
                    raise RuntimeError("A worker failed.")
        return time.perf_counter() - start

    def _fill_outbox(self, notices):
        notices._release()
        self.cr.commit()
        self.env.invalidate_all()

    def _check_sent(self, notices):
        self.cr.commit()  # a new transaction sees what other processes did
        self.env.invalidate_all()
        for notice in notices:
            if notice.state != "sent":
                raise RuntimeError(f"{notice.name} is {notice.state}: {notice.failure_reason}")
