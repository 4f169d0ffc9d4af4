from odoo import api, fields, models

from .groups import COLLECTOR
from .receivable_charge import OWED_STATES


class ResPartner(models.Model):
    """What a debtor owes beside his invoices, in the current company."""

    _inherit = "res.partner"

    # === FIELDS ===#
    charge_costs_open = fields.Monetary(
        "Costs Open",
        compute="_compute_charges_open",
        compute_sudo=True,
        groups=COLLECTOR,
        help="Costs of collecting to be paid, invoiced or not, of the whole commercial entity, in "
        "the currency of the company.",
    )
    charge_interest_open = fields.Monetary(
        "Interest Open",
        compute="_compute_charges_open",
        compute_sudo=True,
        groups=COLLECTOR,
        help="Interest to be paid, invoiced or not, of the whole commercial entity, in the "
        "currency of the company.",
    )
    charge_open = fields.Monetary(
        "Costs and Interest",
        compute="_compute_charges_open",
        compute_sudo=True,
        groups=COLLECTOR,
        help="Costs and interest to be paid. In the credit exposure of the debtor count those that "
        "are invoiced, like any invoice, and not what only reminders ask.",
    )
    charge_count = fields.Integer(
        compute="_compute_charges_open", compute_sudo=True, groups=COLLECTOR
    )
    payment_allocation_text = fields.Char(
        "Payments Count For", compute="_compute_payment_allocation_text", groups=COLLECTOR
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_charges_open(self):
        company = self.env.company
        today = company._get_dunning_today()
        debtors = self.commercial_partner_id._origin
        groups = (
            self.env["receivable.charge"]
            .sudo()
            ._read_group(
                [("partner_id", "in", debtors.ids), ("company_id", "=", company.id)],
                ["partner_id", "currency_id", "kind", "state"],
                ["amount_open:sum", "__count"],
            )
        )
        sums, counts = {}, {}
        for debtor, currency, kind, state, amount, count in groups:
            counts[debtor] = counts.get(debtor, 0) + count
            if state in OWED_STATES:
                key = (debtor, kind)
                own = currency._convert(amount, company.currency_id, company, today)
                sums[key] = sums.get(key, 0.0) + own
        for partner in self:
            debtor = partner.commercial_partner_id._origin
            partner.charge_costs_open = sums.get((debtor, "costs"), 0.0)
            partner.charge_interest_open = sums.get((debtor, "interest"), 0.0)
            partner.charge_open = partner.charge_costs_open + partner.charge_interest_open
            partner.charge_count = counts.get(debtor, 0)

    @api.depends_context("company", "lang")
    def _compute_payment_allocation_text(self):
        company = self.env.company.sudo()
        labels = dict(company._fields["payment_allocation"]._description_selection(self.env))
        self.payment_allocation_text = labels[company.payment_allocation]

    # === ACTIONS ===#
    def action_open_charges(self):
        """The costs and interest of this debtor."""
        self.ensure_one()
        return self.env["receivable.charge"]._get_list_action(
            [("partner_id", "=", self.commercial_partner_id.id)]
        )
