from odoo import api, fields, models
from odoo.tools import SQL


class DunningNoticeLine(models.Model):
    """What was disputed of an item when its reminder went out, which the reminder tells."""

    _inherit = "dunning.notice.line"

    # === FIELDS ===#
    amount_disputed = fields.Monetary(
        "Disputed",
        readonly=True,
        help="Not asked in this reminder, as the debtor disputed it when it was written. In the "
        "currency of the notice.",
    )

    # === BUSINESS ===#
    def _follow_disputes(self):
        """Note what is disputed of these items now."""
        amounts = self.env["dunning.block"]._get_disputed_amounts(items=self.move_line_id)
        for line in self:
            amount = line.currency_id.round(amounts.get(line.move_line_id.id, 0.0))
            if line.currency_id.compare_amounts(line.amount_disputed, amount):
                line.amount_disputed = amount

    @api.model
    def _note_disputes_of_run(self, run):
        """The same for all lines of a new proposal, in one statement."""
        companies = self.env["res.company"].sudo().search([("id", "child_of", run.company_id.id)])
        held = self.env["dunning.block"]._get_disputed_sql(
            SQL("line.company_id IN %s", tuple(companies.ids))
        )
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE dunning_notice_line proposed
                   SET amount_disputed = held.amount
                  FROM %s AS held, dunning_notice notice
                 WHERE held.item_id = proposed.move_line_id
                   AND notice.id = proposed.notice_id
                   AND notice.run_id = %s""",
                held,
                run.id,
            )
        )
        self.invalidate_model(["amount_disputed"])
