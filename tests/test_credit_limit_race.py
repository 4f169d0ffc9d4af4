from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestCreditLimitRace(BaseCase):
    """Two managers at the same moment, with real transactions.

    Test cursors share one connection and cannot show this, so the data is really committed, and
    taken away again at the end.
    """

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            company = env.ref("base.main_company")
            self.amount = company.credit_max_manager
            company.credit_max_manager = 10000
            self.manager_id = env.ref("base.user_admin").id
            debtor = env["res.partner"].create({"name": "Race", "credit_limit": 6000})
            self.debtor_id = debtor.id
            self.addCleanup(self._remove)
            today = company._get_dunning_today()
            self.limit_ids = (
                env["credit.limit"]
                .with_user(self.manager_id)
                .create(
                    [
                        {
                            "kind": "temporary",
                            "partner_id": debtor.id,
                            "company_id": company.id,
                            "amount": 3000,
                            "date_from": today,
                            "date_to": today + timedelta(days=30),
                            "reason": "Season",
                            "state": "requested",
                        }
                    ]
                    * 2
                )
                .ids
            )

    def _remove(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env.ref("base.main_company").credit_max_manager = self.amount
            limits = env["credit.limit"].search([("partner_id", "=", self.debtor_id)])
            limits.activity_ids.unlink()
            limits.message_ids.unlink()
            cr.execute("DELETE FROM credit_limit WHERE partner_id = %s", [self.debtor_id])
            env["res.partner"].browse(self.debtor_id).unlink()

    def _limit(self, cr, index):
        env = api.Environment(cr, self.manager_id, {})
        return env["credit.limit"].browse(self.limit_ids[index])

    def test_two_increases_approved_at_once_do_not_slip_by_together(self):
        with self.registry.cursor() as slow:
            late = self._limit(slow, 1)
            self.assertTrue(late.can_approve)
            with self.registry.cursor() as fast:
                self._limit(fast, 0).action_approve()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                late.action_approve()
            slow.rollback()
        # What the server does with such a failure: it tries again, on the facts of now.
        with self.registry.cursor() as again:
            late = self._limit(again, 1)
            self.assertFalse(late.can_approve)
            with self.assertRaises(AccessError):
                late.action_approve()

    def test_one_request_approved_by_two_at_once_counts_once(self):
        with self.registry.cursor() as slow:
            late = self._limit(slow, 0)
            self.assertEqual(late.state, "requested")
            with self.registry.cursor() as fast:
                self._limit(fast, 0).action_approve()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                late.action_approve()
            slow.rollback()
        with self.registry.cursor() as again:
            limit = self._limit(again, 0)
            self.assertEqual((limit.state, limit.previous_amount), ("approved", 6000))
            limit.action_approve()
            self.assertEqual(limit.previous_amount, 6000)
