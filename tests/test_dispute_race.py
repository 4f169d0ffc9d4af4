from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .race_common import RaceCase


@tagged("post_install", "-at_install")
class TestDisputeRace(RaceCase):
    def _create_data(self, invoice):
        self.invoice_id = invoice.id
        self.dossier_id = invoice.env["dispute.dossier"]._open(invoice).id

    def _remove_data(self, env):
        disputes = env["dispute.dossier"].search([("partner_id", "=", self.debtor_id)])
        disputes.message_ids.unlink()
        disputes.activity_ids.unlink()
        disputes._get_blocks().unlink()
        self._get_moves(env).write({"dispute_id": False})
        env.flush_all()
        env.cr.execute("DELETE FROM dispute_dossier WHERE partner_id = %s", [self.debtor_id])
        env["dunning.block"].search([("partner_id", "=", self.debtor_id)]).unlink()

    def _dossier(self, env):
        return env["dispute.dossier"].browse(self.dossier_id)

    def _settle(self, env):
        return self._dossier(env)._resolve("accepted", post=True, tell=False)

    def _withdraw(self, env):
        self._dossier(env)._withdraw_online()

    def _dispute_online(self, env):
        move = env["account.move"].browse(self.invoice_id)
        reason = env["dispute.dossier"]._get_portal_reasons(move.company_id)[:1]
        entered = {"reason": str(reason.id), "text": "Broken", "name": "Bea Buyer"}
        return env["dispute.dossier"]._dispute_online(move, move.partner_id, entered, [])

    def _race(self, first, second, refusal=None):
        """Let two do something at once; the second starts over, as the server lets it.

        :param str refusal: what the second is told then; empty when it goes through
        """
        with self.registry.cursor() as slow, self._environment(slow) as late:
            self.assertIn(self._dossier(late).state, ("open", "withdrawn"))
            with self._environment() as env:
                first(env)
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                second(late)
                late.flush_all()
            slow.rollback()
        with self._environment() as env:
            if not refusal:
                second(env)
                return
            with self.assertRaisesRegex(UserError, refusal), env.cr.savepoint():
                second(env)

    def _facts(self):
        with self._environment() as env:
            dossier = self._dossier(env)
            credited = [move.amount_total for move in dossier.credit_move_ids]
            return dossier.state, dossier.outcome, credited, len(dossier._get_blocks())

    def test_two_who_settle_it_at_once_make_one_credit_note(self):
        self._race(self._settle, self._settle, "is settled: reopen it first")
        self.assertEqual(self._facts(), ("resolved", "accepted", [300.0], 0))

    def test_debtor_who_withdraws_while_it_is_settled(self):
        self._race(self._settle, self._withdraw, "there is nothing to withdraw")
        self.assertEqual(self._facts(), ("resolved", "accepted", [300.0], 0))

    def test_accountant_who_settles_while_it_is_withdrawn(self):
        self._race(self._withdraw, self._settle, "is settled: reopen it first")
        self.assertEqual(self._facts(), ("withdrawn", False, [], 0))

    def test_two_who_dispute_an_invoice_at_once_open_one(self):
        with self._environment() as env:
            self._withdraw(env)
        self._race(self._dispute_online, self._dispute_online)
        with self._environment() as env:
            disputes = env["dispute.dossier"].search([("partner_id", "=", self.debtor_id)])
            self.assertEqual(disputes.sorted("id").mapped("state"), ["withdrawn", "open"])
