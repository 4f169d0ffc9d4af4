from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestReceivableChargeRace(BaseCase):
    """Two at the same moment, with real transactions: what is committed is taken away again."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.addCleanup(self._remove)
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            today = env.company._get_dunning_today()
            self.debtor_id = env["res.partner"].create({"name": "Race"}).id
            invoice = env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.debtor_id,
                    "invoice_date": today,
                    "invoice_line_ids": [
                        Command.create({"name": "Goods", "price_unit": 300.0, "tax_ids": []})
                    ],
                }
            )
            invoice.action_post()
            item = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
            self.charge_id = (
                env["receivable.charge"]
                .create(
                    {
                        "company_id": env.company.id,
                        "partner_id": self.debtor_id,
                        "currency_id": invoice.currency_id.id,
                        "kind": "costs",
                        "date": today,
                        "amount": 40,
                        "item_ids": [Command.create({"move_line_id": item.id, "amount": 40})],
                    }
                )
                .id
            )

    def _remove(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            debtor = env["res.partner"].browse(self.debtor_id)
            env["receivable.charge"].browse(self.charge_id).message_ids.unlink()
            cr.execute("DELETE FROM dunning_block WHERE partner_id = %s", [debtor.id])
            cr.execute("DELETE FROM receivable_charge WHERE partner_id = %s", [debtor.id])
            env.invalidate_all()
            moves = env["account.move.line"].search([("partner_id", "=", debtor.id)]).move_id
            moves.line_ids.remove_move_reconcile()
            moves.filtered(lambda move: move.state == "posted").button_draft()
            moves.with_context(force_delete=True).unlink()
            debtor.unlink()

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
