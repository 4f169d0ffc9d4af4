from odoo import api, fields, models


class ArrangementPropose(models.TransientModel):
    """Costs and interest that the debtor owes already because of the items: they go into the plan
    unless the user leaves them out, and are then not claimed beside it."""

    _inherit = "arrangement.propose"

    # === FIELDS ===#
    take_charges = fields.Boolean(
        "Take Along",
        default=True,
        help="Put costs and interest that are owed already into the plan. Otherwise they stay to "
        "be paid beside it.",
    )
    charge_ids = fields.Many2many("receivable.charge", compute="_compute_charge_ids")
    owed_text = fields.Char(compute="_compute_owed")
    taken_interest = fields.Monetary(
        compute="_compute_charges",
        store=True,
        help="Part of the interest that was owed before: the rest is the user's.",
    )
    taken_costs = fields.Monetary(compute="_compute_charges", store=True)

    # === COMPUTE ===#
    @api.depends("item_ids.selected", "take_charges", "currency_id", "previous_id")
    def _compute_charge_ids(self):
        for wizard in self:
            wizard.charge_ids = wizard.take_charges and wizard._find_owed_charges()

    @api.depends("item_ids.selected", "currency_id", "previous_id")
    def _compute_owed(self):
        for wizard in self:
            charges = wizard._find_owed_charges()
            sums = charges._sum_by_kind()
            wizard.owed_text = charges and self.env._(
                "Owed already: interest %(interest)s, costs %(costs)s",
                interest=wizard.currency_id.format(sums["interest"]),
                costs=wizard.currency_id.format(sums["costs"]),
            )

    @api.depends("charge_ids")
    def _compute_charges(self):
        """What is owed already, and what the user added to it."""
        for wizard in self:
            for kind, owed in wizard.charge_ids._sum_by_kind().items():
                added = wizard[f"amount_{kind}"] - wizard[f"taken_{kind}"]
                currency = wizard.currency_id or wizard.company_id.currency_id
                wizard[f"amount_{kind}"] = currency.round(max(added, 0.0) + owed)
                wizard[f"taken_{kind}"] = owed

    # === BUSINESS ===#
    def _get_default_items(self, items):
        # EXTENDS: with an item go the costs and interest of it that were invoiced
        ticked = super()._get_default_items(items)
        booked = self.env["receivable.charge"]._find_charges(ticked, ["booked"])
        return ticked | items.filtered(lambda item: item.move_id in booked.move_id)

    def _find_owed_charges(self):
        self.ensure_one()
        items = self.item_ids.filtered("selected").move_line_id._origin
        return self.env["installment.arrangement"]._find_owed_charges(
            items, self.previous_id._origin
        )

    def _get_charge_problem(self):
        """Less than what is owed would leave open what the debtor thinks is arranged."""
        self.ensure_one()
        compare = self.currency_id.compare_amounts
        for kind, owed in self.charge_ids._sum_by_kind().items():
            if compare(self[f"amount_{kind}"], owed) < 0:
                return self.env._(
                    "%s of interest or costs is owed already: arrange at least that, have it "
                    "waived first, or leave it out of the plan.",
                    self.currency_id.format(owed),
                )
        return False
