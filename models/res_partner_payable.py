from odoo import api, fields, models
from odoo.tools import SQL


class ResPartner(models.Model):
    """What we owe a debtor: where that is much, setting it off comes before reminding."""

    _inherit = "res.partner"

    # === FIELDS ===#
    payable_amount = fields.Monetary(
        "We Owe",
        compute="_compute_payable_amount",
        compute_sudo=True,
        groups="account_credit_management.group_collector",
        help="Open vendor bills of the whole commercial entity, less its open credit notes and "
        "what was paid in advance, in the current company and its currency. Offer to set it off.",
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_payable_amount(self):
        amounts = self.commercial_partner_id._origin._get_payable_amounts(self.env.company)
        for partner in self:
            partner.payable_amount = amounts.get(partner.commercial_partner_id._origin.id, 0.0)

    # === BUSINESS ===#
    def _get_payable_amounts(self, company):
        """What a company owes these debtors on balance.

        :return: amount in the company's currency, above zero, by id of the commercial partner
        :rtype: dict
        """
        accounts = self.env["dunning.decision"]._get_accounts(company, "liability_payable")
        if not accounts or not self.ids:
            return {}
        line_fields = self.env["account.move.line"]._fields
        flushed = (
            "account_id",
            "amount_residual",
            "company_id",
            "parent_state",
            "partner_id",
            "reconciled",
        )
        query = SQL(
            """
            SELECT person.commercial_partner_id, -SUM(line.amount_residual)
              FROM account_move_line line
              JOIN res_partner person ON person.id = line.partner_id
             WHERE line.account_id IN %(accounts)s
               AND line.reconciled IS NOT TRUE
               AND line.parent_state = 'posted'
               AND line.company_id = %(company_id)s
               AND line.partner_id IN (SELECT id FROM res_partner
                                        WHERE commercial_partner_id IN %(debtors)s)
             GROUP BY person.commercial_partner_id
            HAVING SUM(line.amount_residual) < 0""",
            accounts=tuple(accounts.ids),
            company_id=company.id,
            debtors=tuple(self.ids),
            to_flush=[
                *(line_fields[name] for name in flushed),
                self._fields["commercial_partner_id"],
            ],
        )
        return dict(self.env.execute_query(query))
