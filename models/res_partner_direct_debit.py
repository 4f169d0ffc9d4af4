from markupsafe import Markup

from odoo import fields, models
from odoo.tools import format_date


class ResPartner(models.Model):
    """Calls about direct debits that the bank returned."""

    _inherit = "res.partner"

    # === BUSINESS ===#
    def _get_direct_debit_calls(self, company):
        """The calls about returned direct debits that are still to be made."""
        return (
            self.env["mail.activity"]
            .sudo()
            .search(
                [
                    *self.env["mail.activity"]._get_dunning_contact_domain(company, self, "call"),
                    ("dunning_task", "=", "direct_debit"),
                ]
            )
        )

    def _schedule_direct_debit_call(self, company, moves):
        """Ask for one call about all direct debits of a debtor that were returned."""
        self.ensure_one()
        earlier = self._get_direct_debit_calls(company)
        moves = (moves | earlier.dunning_move_ids).sudo().sorted("invoice_date_due")
        earlier.unlink()
        user = self._get_dunning_assignee(company)
        note = (
            self.env["ir.qweb"]
            .with_context(lang=user.lang)
            ._render(
                "account_credit_management.direct_debit_call_note",
                {
                    "debtor": self,
                    "moves": moves,
                    "company": company,
                    "format_date": lambda day: format_date(
                        self.with_context(lang=user.lang).env, day
                    ),
                },
                minimal_qcontext=True,
            )
        )
        return self._schedule_dunning_activity(
            company,
            "mail.mail_activity_data_call",
            user=user,
            summary=self.with_context(lang=user.lang).env._("Direct debit returned"),
            note=Markup(note),
            dunning_task="direct_debit",
            dunning_channel="call",
            dunning_move_ids=[fields.Command.set(moves.ids)],
            dunning_amount=company.currency_id.round(sum(moves.mapped("amount_residual_signed"))),
        )
