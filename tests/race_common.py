from contextlib import contextmanager

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name


class RaceCase(BaseCase):
    """Two at the same moment about one invoice of 300, with real transactions.

    Test cursors share one connection and cannot show this, so the data is really committed, and
    taken away again at the end.
    """

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.addCleanup(self._remove)
        with self._environment() as env:
            self.debtor_id = env["res.partner"].create({"name": "Race"}).id
            invoice = env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.debtor_id,
                    "invoice_date": env.company._get_dunning_today(),
                    "invoice_line_ids": [
                        Command.create({"name": "Goods", "price_unit": 300.0, "tax_ids": []})
                    ],
                }
            )
            invoice.action_post()
            self._create_data(invoice)

    def _create_data(self, invoice):
        """Make what the race is about."""
        raise NotImplementedError

    def _remove_data(self, env):
        """Take away what refers to the invoices of the debtor."""
        raise NotImplementedError

    @contextmanager
    def _environment(self, cr=None):
        if cr:
            yield api.Environment(cr, SUPERUSER_ID, {})
            return
        with self.registry.cursor() as own:
            yield api.Environment(own, SUPERUSER_ID, {})

    def _get_receivable(self, move):
        return move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _get_moves(self, env):
        return env["account.move.line"].search([("partner_id", "=", self.debtor_id)]).move_id

    def _remove(self):
        with self._environment() as env:
            self._remove_data(env)
            env.invalidate_all()
            moves = self._get_moves(env)
            moves.line_ids.remove_move_reconcile()
            moves.filtered(lambda move: move.state == "posted").button_draft()
            moves.with_context(force_delete=True).unlink()
            env["res.partner"].browse(self.debtor_id).unlink()
