import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from aiosmtpd.controller import Controller

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import SQL, config, mute_logger

WORKER = """
import sys
import odoo
from odoo import SUPERUSER_ID, api
from odoo.tools import config
config.parse_config(sys.argv[1:], setup_logging=False)
registry = odoo.modules.registry.Registry(config["db_name"][0])
print("ready", flush=True)
sys.stdin.readline()
with registry.cursor() as cr:
    api.Environment(cr, SUPERUSER_ID, {})["dunning.notice"]._cron_send_notices()
"""
DEBTORS = 50


class Mailbox:
    """A real SMTP server that counts, and that can hold one message until told otherwise."""

    def __init__(self):
        self.recipients = Counter()
        self.hold_at = None
        self.holding = threading.Event()
        self.release = threading.Event()

    async def handle_DATA(self, _server, _session, envelope):
        self.recipients.update(envelope.rcpt_tos)
        if self.hold_at and sum(self.recipients.values()) == self.hold_at:
            self.holding.set()
            while not self.release.is_set():
                await asyncio.sleep(0.05)
        return "250 OK"


@tagged("post_install", "-at_install")
class TestDunningConcurrency(BaseCase):
    """Several workers on one database, with real connections, processes and commits.

    Test cursors share one connection and cannot show this, so the data is really committed, and
    taken away again at the end.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.mailbox = Mailbox()
        with socket.create_server(("127.0.0.1", 0)) as free:
            cls.port = free.getsockname()[1]
        cls.server = Controller(cls.mailbox, hostname="127.0.0.1", port=cls.port)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)
        cls.addClassCleanup(cls._remove_data)
        with cls._environment() as env:
            cls._create_data(env)

    def setUp(self):
        super().setUp()
        self.mailbox.__init__()
        with self._environment() as env:
            env.cr.execute(
                SQL(
                    "DELETE FROM dunning_notice_line WHERE notice_id IN "
                    "(SELECT id FROM dunning_notice WHERE partner_id IN %s)",
                    tuple(self.partner_ids),
                )
            )
            env.cr.execute(
                SQL("DELETE FROM dunning_notice WHERE partner_id IN %s", tuple(self.partner_ids))
            )

    @classmethod
    @contextmanager
    def _environment(cls):
        """An environment with a connection of its own, committed at the end."""
        with cls.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    @classmethod
    def _create_data(cls, env):
        company = env.company
        cls.company_id = company.id
        cls.company_email = company.email
        company.email = "accounts@concurrent.example"
        today = fields.Date.context_today(company)
        policy = env["dunning.policy"].create(
            {
                "name": "Concurrency",
                "sequence": 1000,
                "level_ids": [
                    Command.create({"name": "Reminder", "delay_days": 1, "attach_letter": False})
                ],
            }
        )
        cls.policy_id = policy.id
        cls.server_id = (
            env["ir.mail_server"]
            .create(
                {
                    "name": "Concurrency",
                    "smtp_host": "127.0.0.1",
                    "smtp_port": cls.port,
                    "sequence": 0,
                }
            )
            .id
        )
        partners = env["res.partner"].create(
            [
                {
                    "name": f"Concurrent {number}",
                    "email": f"debtor{number}@concurrent.example",
                    "dunning_policy_id": policy.id,
                }
                for number in range(DEBTORS)
            ]
        )
        cls.partner_ids = partners.ids
        journal = env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
        )
        moves = env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "journal_id": journal.id,
                    "partner_id": partner.id,
                    "invoice_date": today - timedelta(days=60),
                    "invoice_date_due": today - timedelta(days=30),
                    "invoice_line_ids": [
                        Command.create({"name": "Goods", "price_unit": 10, "tax_ids": []})
                    ],
                }
                for partner in partners
            ]
        )
        moves.action_post()
        moves.is_move_sent = True
        cls.move_ids = moves.ids

    @classmethod
    def _remove_data(cls):
        with cls._environment() as env:
            notices = env["dunning.notice"].search([("partner_id", "in", cls.partner_ids)])
            runs = notices.run_id
            messages = env["mail.message"].search(
                [("model", "=", "res.partner"), ("res_id", "in", cls.partner_ids)]
            )
            env["mail.mail"].search([("mail_message_id", "in", messages.ids)]).unlink()
            env.cr.execute(
                SQL("DELETE FROM dunning_notice WHERE id IN %s", tuple(notices.ids) or (0,))
            )
            runs.invalidate_recordset()
            runs.filtered(lambda run: not run.notice_ids).unlink()
            moves = env["account.move"].browse(cls.move_ids)
            moves.button_draft()
            moves.with_context(force_delete=True).unlink()
            env["res.partner"].browse(cls.partner_ids).unlink()
            env["dunning.policy"].browse(cls.policy_id).unlink()
            env["ir.mail_server"].browse(cls.server_id).unlink()
            env["res.company"].browse(cls.company_id).email = cls.company_email

    def _propose(self, env):
        company = env["res.company"].browse(self.company_id)
        return env["dunning.run"]._propose_automatically(
            company, fields.Date.context_today(company)
        )

    def _get_notices(self, env):
        return env["dunning.notice"].search([("partner_id", "in", self.partner_ids)], order="id")

    def _start_worker(self):
        """A server process of its own that works on the outbox once it is told to."""
        arguments = ["-d", get_db_name()]
        if config["config"]:
            arguments += ["-c", config["config"]]
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            text=True,
        )
        self.addCleanup(self._end_worker, worker)
        self.assertEqual(worker.stdout.readline().strip(), "ready")
        return worker

    def _end_worker(self, worker):
        if worker.poll() is None:
            worker.kill()
        worker.wait()
        worker.stdin.close()
        worker.stdout.close()

    def _let_work(self, worker):
        worker.stdin.write("go\n")
        worker.stdin.flush()

    # === TESTS ===#
    def test_two_servers_share_one_outbox(self):
        with self._environment() as env:
            self._propose(env)
            self.assertEqual(set(self._get_notices(env).mapped("state")), {"ready"})
        workers = [self._start_worker(), self._start_worker()]
        for worker in workers:
            self._let_work(worker)
        for worker in workers:
            self.assertEqual(worker.wait(timeout=120), 0)
        self.assertEqual(len(self.mailbox.recipients), DEBTORS)
        self.assertEqual(set(self.mailbox.recipients.values()), {1})
        with self._environment() as env:
            self.assertEqual(set(self._get_notices(env).mapped("state")), {"sent"})
            self.assertEqual(self._get_notices(env).run_id.state, "done")

    def test_killed_worker_loses_nothing_and_sends_nothing_twice(self):
        with self._environment() as env:
            self._propose(env)
        self.mailbox.hold_at = 25
        worker = self._start_worker()
        self._let_work(worker)
        self.assertTrue(self.mailbox.holding.wait(timeout=60))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        self.mailbox.release.set()
        with self._environment() as env:
            # The database notices the end of a connection by itself, a little later.
            deadline = time.monotonic() + 30
            while len(self._get_notices(env).try_lock_for_update()) < DEBTORS:
                self.assertLess(time.monotonic(), deadline)
                env.cr.rollback()
                time.sleep(0.2)
            states = Counter(self._get_notices(env).mapped("state"))
            self.assertEqual(states["sent"], 24)
            self.assertEqual(states["sending"], 16, "the rest of its second batch")
            self.assertEqual(states["ready"], 10)
            self._get_notices(env).filtered(lambda notice: notice.state == "sending").claim_date = (
                fields.Datetime.now() - timedelta(hours=2)
            )
        worker = self._start_worker()
        self._let_work(worker)
        self.assertEqual(worker.wait(timeout=120), 0)
        self.assertEqual(set(self.mailbox.recipients.values()), {1}, "nothing twice")
        self.assertEqual(len(self.mailbox.recipients), DEBTORS, "nothing lost")
        with self._environment() as env:
            doubtful = self._get_notices(env).filtered(lambda notice: notice.state != "sent")
            self.assertEqual(doubtful.mapped("interrupted"), [True], "one for a person to check")

    def test_two_proposals_at_once_make_each_notice_once(self):
        errors = []
        barrier = threading.Barrier(2)

        def propose():
            try:
                with self._environment() as env:
                    env.cr.execute("SELECT 1")  # both have their snapshot before either proposes
                    barrier.wait(timeout=30)
                    env["dunning.run"]._run_company(env["res.company"].browse(self.company_id))
            except Exception as error:
                errors.append(error)

        company_class = self.registry["res.company"]
        with (
            mute_logger("odoo.sql_db"),
            # The test also runs on days off.
            patch.object(company_class, "_is_dunning_working_day", lambda _company, _day: True),
        ):
            threads = [threading.Thread(target=propose) for _index in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=60)
        self.assertFalse(errors)
        with self._environment() as env:
            notices = self._get_notices(env)
            self.assertEqual(len(notices), DEBTORS)
            self.assertEqual(len(notices.run_id), 1)
