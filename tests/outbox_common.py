import asyncio
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

import psutil
from aiosmtpd.controller import Controller

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name
from odoo.tools import SQL, config, split_every

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

# Invoices that are made or deleted at once.
CHUNK = 200


class Mailbox:
    """A real SMTP server that counts, and that can hold one message until told otherwise."""

    def __init__(self):
        self.recipients = Counter()
        self.hold_at = None
        self.held_port = None
        self.holding = threading.Event()
        self.release = threading.Event()

    async def handle_DATA(self, _server, session, envelope):
        self.recipients.update(envelope.rcpt_tos)
        if self.hold_at and sum(self.recipients.values()) == self.hold_at:
            self.held_port = session.peer[1]
            self.holding.set()
            while not self.release.is_set():
                await asyncio.sleep(0.05)
        return "250 OK"


class OutboxCase(BaseCase):
    """Several workers on one database, with real connections, processes and commits.

    Test cursors share one connection and cannot show this, so the data is really committed, and
    taken away again at the end.
    """

    # Debtors with one overdue invoice each.
    debtors = 50
    mailbox_class = Mailbox

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # It would log every line of thousands of conversations.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        cls.registry = Registry(get_db_name())
        cls.mailbox = cls.mailbox_class()
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
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

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
                for number in range(cls.debtors)
            ]
        )
        cls.partner_ids = partners.ids
        journal = env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
        )
        cls.move_ids = []
        # A few hundred at a time: some queries of the core take the square of it.
        for some in split_every(CHUNK, partners.ids, partners.browse):
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
                    for partner in some
                ]
            )
            moves.action_post()
            moves.is_move_sent = True
            cls.move_ids += moves.ids

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
            moves = env["account.move"].with_context(force_delete=True)
            for some in split_every(CHUNK, cls.move_ids, moves.browse):
                some.button_draft()
                some.unlink()
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
        worker = self._start_process(WORKER)
        self.addCleanup(self._end_process, worker)
        return worker

    @classmethod
    def _start_process(cls, script):
        """A process that has Odoo at hand, and says when it is ready."""
        arguments = ["-d", get_db_name()]
        if config["config"]:
            arguments += ["-c", config["config"]]
        worker = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            text=True,
        )
        if worker.stdout.readline().strip() != "ready":
            raise AssertionError("The worker could not begin.")
        return worker

    @classmethod
    def _end_process(cls, worker):
        if worker.poll() is None:
            worker.kill()
        worker.wait()
        worker.stdin.close()
        worker.stdout.close()

    def _let_work(self, worker):
        worker.stdin.write("go\n")
        worker.stdin.flush()

    def _let_all_work(self, *workers, timeout=120):
        """Let workers begin together and wait until the outbox is empty."""
        for worker in workers:
            self._let_work(worker)
        for worker in workers:
            self.assertEqual(worker.wait(timeout=timeout), 0)

    def _get_held(self, workers):
        """The worker whose message the mail server holds."""
        (held,) = [
            worker
            for worker in workers
            if any(
                connection.laddr.port == self.mailbox.held_port
                for connection in psutil.Process(worker.pid).connections()
            )
        ]
        return held

    def _await_free_locks(self):
        """Wait until the database has noticed that the connections of a killed worker are gone."""
        deadline = time.monotonic() + 30
        with self._environment() as env:
            while len(self._get_notices(env).try_lock_for_update()) < self.debtors:
                self.assertLess(time.monotonic(), deadline)
                env.cr.rollback()
                time.sleep(0.2)

    def _let_claims_go_stale(self):
        """Let the claims of a worker that died look as old as it takes for others to notice."""
        with self._environment() as env:
            self._get_notices(env).filtered(lambda notice: notice.state == "sending").claim_date = (
                fields.Datetime.now() - timedelta(hours=2)
            )
