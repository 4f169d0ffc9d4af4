import os
import socket
import subprocess
import sys
import time
from collections import Counter

from odoo.tests import get_db_name, tagged
from odoo.tools import config

from ..models.dunning_notice_delivery import BATCH_SIZE
from .outbox_common import OutboxCase


@tagged("post_install", "-at_install")
class TestDunningQueue(OutboxCase):
    """Delivery through a real job runner: a server of its own with ``queue_job`` loaded."""

    debtors = 2 * BATCH_SIZE + 10

    def setUp(self):
        super().setUp()
        with self._environment() as env:
            if "queue.job" not in env:
                self.skipTest("queue_job is not installed here")
            env["queue.job"].search([("model_name", "=", "dunning.notice")]).unlink()

    def _get_jobs(self, env):
        return env["queue.job"].search([("model_name", "=", "dunning.notice")])

    def _start_server(self):
        """A server whose runner works on two jobs of reminders at once."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        options = [
            *("-d", get_db_name(), "--load=base,web,queue_job", f"--http-port={port}"),
            *("--http-interface=127.0.0.1", "--max-cron-threads=0", "--log-level=warn"),
        ]
        if config["config"]:
            options += ["-c", config["config"]]
        server = subprocess.Popen(
            [sys.executable, "-m", "odoo", *options],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "ODOO_QUEUE_JOB_CHANNELS": "root:2,root.dunning:2",
                "ODOO_QUEUE_JOB_PORT": str(port),
            },
        )
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        return server

    # === TESTS ===#
    def test_scheduled_action_leaves_a_job_per_batch(self):
        with self._environment() as env:
            self._propose(env)
            notices = env["dunning.notice"]
            notices._cron_send_notices()
            jobs = self._get_jobs(env)
            self.assertEqual(len(jobs), 3)
            self.assertEqual(set(jobs.mapped("channel")), {"root.dunning"})
            notices._cron_send_notices()
            self.assertEqual(self._get_jobs(env), jobs, "those that wait are enough")
            self.assertEqual(set(self._get_notices(env).mapped("state")), {"ready"})
        self.assertFalse(self.mailbox.recipients, "the action itself sends nothing")

    def test_jobs_send_each_notice_once(self):
        with self._environment() as env:
            self._propose(env)
            env["dunning.notice"]._cron_send_notices()
            self.assertEqual(len(self._get_jobs(env)), 3)
        self._start_server()
        deadline = time.monotonic() + 180
        states = Counter()
        while states != Counter(done=3):
            self.assertLess(time.monotonic(), deadline, states)
            time.sleep(1)
            with self._environment() as env:
                states = Counter(self._get_jobs(env).mapped("state"))
        with self._environment() as env:
            self.assertEqual(set(self._get_notices(env).mapped("state")), {"sent"})
            self.assertEqual(self._get_notices(env).run_id.state, "done")
        self.assertEqual(len(self.mailbox.recipients), self.debtors, "nothing lost")
        self.assertEqual(set(self.mailbox.recipients.values()), {1}, "nothing twice")

    def test_job_too_many_does_nothing(self):
        with self._environment() as env:
            self._propose(env)
            notices = env["dunning.notice"]
            results = [notices._run_delivery_job() for _job in range(4)]
            self.assertEqual(results[2:], self._get_results(10, 0))
            self.assertEqual(set(self._get_notices(env).mapped("state")), {"sent"})
            messages = self._get_notices(env).mail_message_id
            self.assertEqual(len(messages), self.debtors, "one message each")

    def test_jobs_leave_a_paused_run_alone(self):
        with self._environment() as env:
            self._propose(env)
            notices = env["dunning.notice"]
            run = self._get_notices(env).run_id
            notices._cron_send_notices()
            waiting = self._get_jobs(env)
            run.action_pause()
            self.assertEqual(notices._run_delivery_job(), *self._get_results(0))
            waiting.unlink()
            notices._cron_send_notices()
            self.assertFalse(self._get_jobs(env), "nothing to do, no jobs")
            self.assertEqual(set(self._get_notices(env).mapped("state")), {"ready"})
            self.assertFalse(self.mailbox.recipients)
            run.action_resume()
            notices._cron_send_notices()
            self.assertEqual(len(self._get_jobs(env)), 3)
            self.assertEqual(notices._run_delivery_job(), *self._get_results(BATCH_SIZE))
            self.assertEqual(
                Counter(self._get_notices(env).mapped("state")), {"sent": BATCH_SIZE, "ready": 30}
            )

    def _get_results(self, *numbers):
        return [f"{number} notices taken from the outbox" for number in numbers]
