import signal
from collections import Counter

from odoo.tests import tagged

from .outbox_common import OutboxCase


@tagged("post_install", "-at_install")
class TestDunningManyNotices(OutboxCase):
    """A few thousand notices, two servers, and one of them dies in the middle."""

    debtors = 2000

    def test_two_servers_and_a_kill_among_thousands(self):
        with self._environment() as env:
            self._propose(env)
            self.assertEqual(len(self._get_notices(env)), self.debtors)
        self.mailbox.hold_at = 700
        workers = [self._start_worker(), self._start_worker()]
        for worker in workers:
            self._let_work(worker)
        self.assertTrue(self.mailbox.holding.wait(timeout=300))
        killed = self._get_held(workers)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        self.mailbox.release.set()
        (other,) = [worker for worker in workers if worker is not killed]
        self.assertEqual(other.wait(timeout=600), 0, "it does all the rest")
        self._await_free_locks()
        with self._environment() as env:
            left = Counter(self._get_notices(env).mapped("state"))
            self.assertEqual(set(left), {"sent", "sending"})
            self.assertLessEqual(left["sending"], 20, "one batch at most")
        self._let_claims_go_stale()
        self._let_all_work(self._start_worker())
        self.assertEqual(set(self.mailbox.recipients.values()), {1}, "nothing twice")
        self.assertEqual(len(self.mailbox.recipients), self.debtors, "nothing lost")
        with self._environment() as env:
            doubtful = self._get_notices(env).filtered(lambda notice: notice.state != "sent")
            self.assertEqual(doubtful.mapped("interrupted"), [True], "one for a person to check")
