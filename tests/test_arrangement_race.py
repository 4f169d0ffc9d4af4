from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .race_common import RaceCase


@tagged("post_install", "-at_install")
class TestArrangementRace(RaceCase):
    def _create_data(self, invoice):
        env, company = invoice.env, invoice.company_id
        today = company._get_dunning_today()
        item = self._get_receivable(invoice)
        self.item_id = item.id
        self.payment_ids = [self._new_payment(env, item).id for _number in range(2)]
        self.arrangement_ids = []
        for _number in range(2):
            arrangement = env["installment.arrangement"].create(
                {
                    "partner_id": self.debtor_id,
                    "currency_id": company.currency_id.id,
                    "overpayment": "shorten",
                    "item_ids": [Command.create({"move_line_id": item.id})],
                }
            )
            arrangement._plan(count=3, first_due=today + timedelta(days=30))
            self.arrangement_ids.append(arrangement.id)

    def _remove_data(self, env):
        arrangements = env["installment.arrangement"].search([("partner_id", "=", self.debtor_id)])
        arrangements.message_ids.unlink()
        env.cr.execute(
            "DELETE FROM installment_arrangement WHERE partner_id = %s", [self.debtor_id]
        )

    def _new_payment(self, env, item):
        """Money of 150 that nobody has allocated yet."""
        journal = env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1
        )
        move = env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": journal.id,
                "line_ids": [
                    Command.create({"account_id": journal.default_account_id.id, "debit": 150.0}),
                    Command.create(
                        {
                            "account_id": item.account_id.id,
                            "partner_id": self.debtor_id,
                            "credit": 150.0,
                        }
                    ),
                ],
            }
        )
        move.action_post()
        return self._get_receivable(move)

    def _reconcile(self, env, index):
        item = env["account.move.line"].browse(self.item_id)
        (item | item.browse(self.payment_ids[index])).reconcile()

    def _get(self, env, index):
        return env["installment.arrangement"].browse(self.arrangement_ids[index])

    def test_two_payments_at_once_are_not_allocated_twice(self):
        with self._environment() as env:
            self._get(env, 0).action_activate()
        with self.registry.cursor() as slow, self._environment(slow) as late:
            self.assertEqual(self._get(late, 0).amount_paid, 0.0)
            with self._environment() as env:
                self._reconcile(env, 0)
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                self._reconcile(late, 1)
                late.flush_all()
            slow.rollback()
        # What the server does with such a failure: it tries again, on the facts of now.
        with self._environment() as env:
            self._reconcile(env, 1)
        with self._environment() as env:
            arrangement = self._get(env, 0)
            lines = arrangement._get_ordered_lines()
            self.assertEqual(lines.mapped("amount"), [150.0, 150.0, 0.0])
            self.assertEqual(lines.mapped("amount_paid"), [150.0, 150.0, 0.0])
            self.assertEqual((arrangement.amount_paid, arrangement.state), (300.0, "fulfilled"))

    def test_two_arrangements_offered_at_once_do_not_share_an_item(self):
        with self.registry.cursor() as slow, self._environment(slow) as late:
            self.assertEqual(self._get(late, 1).state, "draft")
            with self._environment() as env:
                self._get(env, 0).action_offer()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                self._get(late, 1).action_offer()
            slow.rollback()
        with self._environment() as env, self.assertRaises(UserError):
            self._get(env, 1).action_offer()

    def test_two_users_who_activate_it_at_once_make_one_invoice(self):
        with self._environment() as env:
            arrangement = self._get(env, 0)
            arrangement.amount_costs = 30.0
            arrangement._plan(count=3, first_due=arrangement.line_ids[0].date_due)
        with self.registry.cursor() as slow, self._environment(slow) as late:
            self.assertEqual(self._get(late, 0).state, "draft")
            with self._environment() as env:
                self._get(env, 0).action_activate()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                self._get(late, 0).action_activate()
            slow.rollback()
        with self._environment() as env:
            arrangement = self._get(env, 0)
            arrangement.action_activate()
            self.assertEqual(
                env["account.move"].search_count([("invoice_origin", "=", arrangement.name)]), 1
            )
