import signal
import threading
from collections import Counter
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .outbox_common import OutboxCase


@tagged("post_install", "-at_install")
class TestDunningConcurrency(OutboxCase):
    # === TESTS ===#
    def test_two_servers_share_one_outbox(self):
        with self._environment() as env:
            self._propose(env)
            self.assertEqual(set(self._get_notices(env).mapped("state")), {"ready"})
        self._let_all_work(self._start_worker(), self._start_worker())
        self.assertEqual(len(self.mailbox.recipients), self.debtors)
        self.assertEqual(set(self.mailbox.recipients.values()), {1})
        with self._environment() as env:
            self.assertEqual(set(self._get_notices(env).mapped("state")), {"sent"})
            self.assertEqual(self._get_notices(env).run_id.state, "done")

    def _limit_emails(self, number):
        with self._environment() as env:
            env["res.company"].browse(self.company_id).dunning_emails_per_minute = number

    def test_two_servers_keep_to_one_limit(self):
        self._limit_emails(15)
        self.addCleanup(self._limit_emails, 0)
        with self._environment() as env:
            self._propose(env)
        self._let_all_work(self._start_worker(), self._start_worker())
        with self._environment() as env:
            states = Counter(self._get_notices(env).mapped("state"))
        self.assertEqual(states, {"sent": 15, "ready": self.debtors - 15})
        self.assertEqual(sum(self.mailbox.recipients.values()), 15)

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
        self._await_free_locks()
        with self._environment() as env:
            states = Counter(self._get_notices(env).mapped("state"))
            self.assertEqual(states["sent"], 24)
            self.assertEqual(states["sending"], 16, "the rest of its second batch")
            self.assertEqual(states["ready"], 10)
        self._let_claims_go_stale()
        self._let_all_work(self._start_worker())
        self.assertEqual(set(self.mailbox.recipients.values()), {1}, "nothing twice")
        self.assertEqual(len(self.mailbox.recipients), self.debtors, "nothing lost")
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
            self.assertEqual(len(notices), self.debtors)
            self.assertEqual(len(notices.run_id), 1)
