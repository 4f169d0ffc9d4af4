from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class AccountMoveLine(models.Model):
    """Money of debtors that nobody has allocated, while something of theirs is overdue."""

    _inherit = "account.move.line"

    # === FIELDS ===#
    dunning_to_allocate = fields.Boolean(
        "Money to Allocate",
        compute="_compute_dunning_to_allocate",
        search="_search_dunning_to_allocate",
        help="An open payment or credit note of a debtor who has overdue items.",
    )

    # === COMPUTE ===#
    def _compute_dunning_to_allocate(self):
        found = self.search([("id", "in", self.ids), ("dunning_to_allocate", "=", True)])
        for line in self:
            line.dunning_to_allocate = line in found

    def _search_dunning_to_allocate(self, operator, value):
        if operator != "in":
            return NotImplemented
        credits_sql = SQL(" UNION ALL ").join(
            SQL(
                "SELECT credit.id FROM (%s) AS credit",
                self._get_dunning_credit_sql(company, company._get_dunning_today()),
            )
            for company in self.env.companies
        )
        domain = Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "%s IN (%s)", SQL.identifier(alias, "id"), credits_sql
            )
        )
        return Domain.OR(domain if wanted else ~domain for wanted in value)

    # === ACTIONS ===#
    def action_open_dunning_allocation(self):
        """Open the oldest overdue invoice of the debtor, which offers this money to be matched.

        :raise UserError: when no invoice of the debtor is overdue any more
        """
        self.ensure_one()
        debtor = self.partner_id.commercial_partner_id
        invoices = self.env["account.move"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("commercial_partner_id", "=", debtor.id),
                ("move_type", "in", ("out_invoice", "out_receipt")),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("invoice_date_due", "<", self.company_id._get_dunning_today()),
            ],
            order="invoice_date_due, id",
        )
        if not invoices:
            raise UserError(self.env._("%s has no overdue invoice.", debtor.display_name))
        same_currency = invoices.filtered(lambda invoice: invoice.currency_id == self.currency_id)
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": (same_currency or invoices)[0].id,
            "view_mode": "form",
        }

    # === BUSINESS ===#
    @api.model
    def _get_dunning_credit_sql(self, company, day):
        """Select the open credits of debtors with overdue items: id, commercial partner, currency
        and what is left of them, negative, in that currency and in the company's."""
        accounts = self.env["dunning.decision"]._get_receivable_accounts(company)
        lines = self.env["account.move.line"]._fields
        return SQL(
            """
            WITH open_line AS (
                SELECT line.id, line.currency_id, line.amount_residual,
                       line.amount_residual_currency,
                       COALESCE(line.date_maturity, line.date) AS due,
                       person.commercial_partner_id AS partner_id
                  FROM account_move_line line
                  JOIN res_partner person ON person.id = line.partner_id
                 WHERE line.account_id IN %(accounts)s
                   AND line.reconciled IS NOT TRUE
                   AND line.parent_state = 'posted'
                   AND line.company_id = %(company_id)s
                   AND line.amount_residual_currency <> 0
            )
            SELECT id, partner_id, currency_id, amount_residual_currency, amount_residual
              FROM open_line
             WHERE amount_residual_currency < 0
               AND partner_id IN (
                   SELECT partner_id FROM open_line
                    WHERE amount_residual_currency > 0 AND due < %(day)s)""",
            accounts=tuple(accounts.ids) or (0,),
            company_id=company.id,
            day=day,
            to_flush=[
                *(
                    lines[name]
                    for name in (
                        "account_id",
                        "amount_residual",
                        "amount_residual_currency",
                        "company_id",
                        "currency_id",
                        "date",
                        "date_maturity",
                        "parent_state",
                        "partner_id",
                        "reconciled",
                    )
                ),
                self.env["res.partner"]._fields["commercial_partner_id"],
            ],
        )
