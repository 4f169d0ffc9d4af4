from collections import Counter
from datetime import datetime

from freezegun import freeze_time

from odoo.tests import tagged

from .outbox_day_common import OutboxDayCase


@tagged("post_install", "-at_install")
class TestDunningRate(OutboxDayCase):
    """No more e-mails in a minute than the mail server takes. Moments are in UTC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.dunning_emails_per_minute = 2

    def _send_at(self, clock):
        self._planned().unlink()
        self._trigger(self.send_cron, f"2026-04-08 {clock}")

    def _count_states(self, notices):
        return dict(Counter(notices.mapped("state")))

    def _planned_clock(self):
        return [f"{moment:%H:%M:%S}" for moment in self._planned().mapped("call_at")]

    def test_the_rest_waits_for_the_next_minute(self):
        notices = self._ready("2026-04-08", count=5).notice_ids
        self._send_at("10:00:10")
        self.assertEqual(self._count_states(notices), {"sent": 2, "ready": 3})
        self.assertEqual(notices.filtered("sent_date"), notices.sorted("id")[:2], "in their order")
        self.assertEqual(self._planned_clock(), ["10:01:10"])
        self._send_at("10:01:00")
        self.assertEqual(self._count_states(notices), {"sent": 2, "ready": 3}, "not a minute yet")
        self.assertEqual(self._planned_clock(), ["10:02:00"])
        self._send_at("10:01:11")
        self.assertEqual(self._count_states(notices), {"sent": 4, "ready": 1})
        self._send_at("10:02:30")
        self.assertEqual(self._count_states(notices), {"sent": 5})
        self.assertFalse(self._planned(), "nothing is left")
        self.assertEqual(notices.run_id.state, "done")

    def test_one_alarm_clock_is_enough(self):
        self._planned().unlink()
        for clock in ("10:00:10", "10:00:20", "10:01:05"):
            with freeze_time(f"2026-04-08 {clock}"):
                self.env["dunning.notice"]._await_next_minute()
        self.assertEqual(self._planned_clock(), ["10:01:10"])
        with freeze_time("2026-04-08 10:01:10"):
            self.env["dunning.notice"]._await_next_minute()
        self.assertEqual(sorted(self._planned_clock()), ["10:01:10", "10:02:10"])

    def test_letters_go_on(self):
        notices = self._ready("2026-04-08", count=4).notice_ids
        letters = notices.sorted("id")[2:]
        letters.write({"use_email": False, "use_letter": True})
        letters.partner_id.write({"street": "Kade 1", "city": "Almere"})
        self.company.dunning_emails_per_minute = 1
        self._send_at("10:00:10")
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.assertEqual(self._count_states(notices - letters), {"sent": 1, "ready": 1})

    def test_what_another_worker_holds_counts(self):
        notices = self._ready("2026-04-08", count=3).notice_ids.sorted("id")
        held = notices[0].sudo()
        held._transition("sending")
        held.claim_date = datetime(2026, 4, 8, 9, 50)
        self._send_at("10:00:10")
        self.assertEqual(notices.mapped("state"), ["sending", "sent", "ready"])

    def test_what_a_dead_worker_held_does_not(self):
        notices = self._ready("2026-04-08", count=3).notice_ids.sorted("id")
        held = notices[2].sudo()
        held._transition("sending")
        held.write({"claim_date": datetime(2026, 4, 8, 8, 50), "interrupted": True})
        self._send_at("10:00:10")
        self.assertEqual(notices.mapped("state"), ["sent", "sent", "sending"])

    def test_another_company_has_its_own_minute(self):
        notices = self._ready("2026-04-08", count=4).notice_ids.sorted("id")
        other = self.setup_other_company(name="Other Seller")["company"]
        foreign = notices[:3].sudo()
        copies = self.env["dunning.notice"].union(
            *(
                notice.copy(
                    {
                        "name": f"{notice.name}-OTHER",
                        "company_id": other.id,
                        "run_id": False,
                        "state": "ready",
                    }
                )
                for notice in foreign
            )
        )
        self._send_at("10:00:10")
        self.assertEqual(self._count_states(notices), {"sent": 2, "ready": 2})
        self.assertNotIn("ready", copies.mapped("state"), "no limit there")

    def test_a_person_sends_at_once(self):
        run = self._ready("2026-04-08", count=4)
        run.with_user(self.collector).action_send()
        self.assertEqual(self._count_states(run.notice_ids), {"sent": 4})

    def test_failed_ones_keep_to_it_when_tried_again(self):
        notices = self._ready("2026-04-08", count=4).notice_ids.sorted("id")
        for notice in notices.sudo():
            notice._transition("sending")
            notice._fail("Try later")
        notices.retry_date = datetime(2026, 4, 8, 9)
        self._send_at("10:00:10")
        self.assertEqual(self._count_states(notices), {"sent": 2, "failed": 2})

    def test_without_a_limit_all_go(self):
        self.company.dunning_emails_per_minute = 0
        notices = self._ready("2026-04-08", count=4).notice_ids
        self._send_at("10:00:10")
        self.assertEqual(self._count_states(notices), {"sent": 4})
        self.assertFalse(self._planned())
