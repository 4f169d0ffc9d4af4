from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, Command, api
from odoo.tests import tagged
from odoo.tools import mute_logger

from .race_common import RaceCase


@tagged("post_install", "-at_install")
class TestReceivableChargeRace(RaceCase):
    def _create_data(self, invoice):
        charge = invoice.env["receivable.charge"].create(
            {
                "company_id": invoice.company_id.id,
                "partner_id": self.debtor_id,
                "currency_id": invoice.currency_id.id,
                "kind": "costs",
                "date": invoice.invoice_date,
                "amount": 40,
                "item_ids": [
                    Command.create({"move_line_id": self._get_receivable(invoice).id, "amount": 40})
                ],
            }
        )
        self.charge_id = charge.id

    def _remove_data(self, env):
        env["receivable.charge"].browse(self.charge_id).message_ids.unlink()
        env.cr.execute("DELETE FROM dunning_block WHERE partner_id = %s", [self.debtor_id])
        env.cr.execute("DELETE FROM receivable_charge WHERE partner_id = %s", [self.debtor_id])

    def _get(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})["receivable.charge"].browse(self.charge_id)

    def _race(self, first, second):
        """Let somebody decide while another, who saw the charge before, does too.

        :return: the error of the second
        """
        with self.registry.cursor() as slow:
            late = self._get(slow)
            self.assertEqual(late.state, "due")
            with self.registry.cursor() as fast:
                first(self._get(fast))
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                second(late)
                late.env.flush_all()
            slow.rollback()

    def test_two_users_who_invoice_it_at_once_make_one_invoice(self):
        self._race(lambda charge: charge._book(), lambda charge: charge._book())
        # What the server does with such a failure: it tries again, on the facts of now.
        with self.registry.cursor() as cr:
            charge = self._get(cr)
            self.assertFalse(charge._book())
            self.assertEqual(
                charge.env["account.move"].search_count([("invoice_origin", "=", charge.name)]), 1
            )

    def test_invoicing_what_is_waived_at_that_moment(self):
        self._race(lambda charge: charge._waive("Friend"), lambda charge: charge._book())
        with self.registry.cursor() as cr:
            charge = self._get(cr)
            self.assertFalse(charge._book())
            self.assertEqual((charge.state, charge.move_id.id), ("waived", False))
