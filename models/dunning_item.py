from odoo import api, fields, models
from odoo.tools import SQL

from .dunning_decision import REASON_LABELS, Decision


class DunningItem(models.Model):
    """Every open item with what happens to it next, when, and why: the decision as a list.

    Read-only and never stored: each look is the decision of this moment for the companies that
    the user has switched on. With ``dunning_debtor_ids`` in the context only these debtors are
    decided about, which takes a millisecond instead of a walk through the ledger.
    """

    _name = "dunning.item"
    _description = "Open Item"
    _auto = False
    _order = "date_maturity, id"
    _rec_name = "move_name"

    # === FIELDS ===#
    move_line_id = fields.Many2one("account.move.line", "Item", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", readonly=True)
    move_name = fields.Char("Number", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True)
    contact_id = fields.Many2one("res.partner", "Addressee", readonly=True)
    debtor_code = fields.Char(related="partner_id.debtor_code")
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    date_maturity = fields.Date("Due Date", readonly=True)
    days_overdue = fields.Integer("Days Late", readonly=True, aggregator="max")
    amount = fields.Monetary(
        "Amount Due", readonly=True, help="Open and not disputed, in the item's currency."
    )
    deducted = fields.Monetary(
        readonly=True, help="Older money of the debtor that nobody has allocated to invoices yet."
    )
    channels = fields.Integer(readonly=True, aggregator=None)
    reason = fields.Selection(REASON_LABELS, readonly=True)
    outcome = fields.Selection(
        [("remind", "Goes out"), ("wait", "Waits"), ("block", "Held")], "Next Run", readonly=True
    )
    level_id = fields.Many2one("dunning.level", "Next Level", readonly=True)
    planned_date = fields.Date(
        "Next Reminder", readonly=True, help="When nothing stops it, not before this day."
    )
    last_level_id = fields.Many2one("dunning.level", readonly=True)
    last_date = fields.Date("Last Reminder", readonly=True)
    block_id = fields.Many2one("dunning.block", "Held By", readonly=True)
    notice_id = fields.Many2one("dunning.notice", "In Proposal", readonly=True)
    explanation = fields.Char("Why", compute="_compute_explanation", compute_sudo=True)

    @property
    def _table_query(self):
        decisions = self.env["dunning.decision"]
        debtor_ids = self.env.context.get("dunning_debtor_ids")
        debtors = (
            None
            if debtor_ids is None
            else self.env["res.partner"].browse(debtor_ids).commercial_partner_id
        )
        return SQL(" UNION ALL ").join(
            SQL(
                """(%(decision)s
                SELECT decision.item_id AS id, decision.item_id AS move_line_id,
                       decision.move_id, move.name AS move_name,
                       %(company_id)s::integer AS company_id, decision.currency_id,
                       decision.partner_id, decision.contact_id, decision.due AS date_maturity,
                       GREATEST(%(day)s - decision.due, 0) AS days_overdue, decision.amount,
                       decision.reason, decision.outcome, decision.level_id,
                       decision.planned_date, decision.last_level_id, decision.last_date,
                       decision.block_id, decision.notice_id, decision.channels,
                       decision.deducted
                  FROM decision
                  JOIN account_move move ON move.id = decision.move_id)""",
                decision=decisions._get_decision_sql(
                    company, company._get_dunning_today(), debtors
                ),
                company_id=company.id,
                day=company._get_dunning_today(),
            )
            for company in self.env.companies
        )

    # === COMPUTE ===#
    @api.depends_context("lang")
    def _compute_explanation(self):
        rules = self.env["dunning.decision"]
        decisions = {item: item._get_decision() for item in self}
        rules._fetch_for_explanations(list(decisions.values()))
        for item, decision in decisions.items():
            item.explanation = rules._explain(decision)

    # === ACTIONS ===#
    def action_open_invoice(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "view_mode": "form",
        }

    def action_pause(self):
        """Open the form of a new pause of this item."""
        self.ensure_one()
        return self.env["dunning.block"]._get_pause_action(
            self.company_id, self.partner_id, self.move_line_id
        )

    # === BUSINESS ===#
    def _get_decision(self):
        """This row as the decision that it shows."""
        self.ensure_one()
        return Decision(
            item_id=self.id,
            move_id=self.move_id.id,
            partner_id=self.partner_id.id,
            contact_id=self.contact_id.id,
            currency_id=self.currency_id.id,
            due=self.date_maturity,
            outcome=self.outcome,
            reason=self.reason,
            date=self.planned_date or None,
            level_id=self.level_id.id or None,
            last_level_id=self.last_level_id.id or None,
            last_date=self.last_date or None,
            block_id=self.block_id.id or None,
            notice_id=self.notice_id.id or None,
            amount=self.amount,
            channels=self.channels,
            credit=self.deducted,
        )
