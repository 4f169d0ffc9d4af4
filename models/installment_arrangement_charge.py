from odoo import api, fields, models
from odoo.exceptions import UserError

from .installment_arrangement import HOLDING_STATES


class InstallmentArrangement(models.Model):
    """Interest and costs of a plan: an invoice of their own, which is paid with the rest.

    They are what the debtor owes already because of the items, and what the plan adds for the time
    that he gets.
    """

    _inherit = "installment.arrangement"

    # === FIELDS ===#
    charge_ids = fields.Many2many(
        "receivable.charge",
        "installment_arrangement_charge_rel",
        "arrangement_id",
        "charge_id",
        "Owed Before",
        copy=False,
        groups="account_credit_management.group_collector",
        help="Costs and interest that the debtor owed already, and that are part of those of the "
        "plan. They are invoiced with it, and not claimed beside it.",
    )

    # === BUSINESS: WHAT WAS OWED BEFORE ===#
    @api.model
    def _find_owed_charges(self, items, previous=None):
        """Costs and interest of items that are owed, not invoiced, and in no other arrangement.

        :param items: ``account.move.line`` of one debtor, company and currency
        :param previous: the arrangement that is replaced
        """
        charges = self.env["receivable.charge"]._find_charges(items, ["due"])
        taken = self.sudo().search(
            [("charge_ids", "in", charges.ids), ("state", "in", HOLDING_STATES)]
        )
        return (charges - (taken - (previous or self.browse())).charge_ids).filtered(
            lambda charge: charge.currency_id in items.currency_id
        )

    def _check_charges(self):
        """Refuse a plan about costs or interest that are not owed as they were.

        :raise UserError: when they were paid, waived, replaced or are more than the plan has
        """
        for arrangement in self.sudo().filtered("charge_ids"):
            sums = arrangement.charge_ids._sum_by_kind()
            free = arrangement.charge_ids.filtered(
                lambda charge, record=arrangement: (
                    charge.state == "due"
                    and charge.company_id == record.company_id
                    and charge.partner_id == record.partner_id
                    and charge.currency_id == record.currency_id
                )
            )
            compare = arrangement.currency_id.compare_amounts
            if (
                free != arrangement.charge_ids
                or compare(sums["costs"], arrangement.amount_costs) > 0
                or compare(sums["interest"], arrangement.amount_interest) > 0
            ):
                raise UserError(
                    self.env._(
                        "Costs and interest of the items of %s are not owed as they were when it "
                        "was made: plan again.",
                        arrangement.name,
                    )
                )

    def _get_added(self):
        """Interest and costs that the plan itself adds to what was owed, by kind."""
        self.ensure_one()
        owed = self.sudo().charge_ids._sum_by_kind()
        return {kind: self[f"amount_{kind}"] - amount for kind, amount in owed.items()}

    def _check_plan(self):
        # EXTENDS
        res = super()._check_plan()
        self._check_charges()
        return res

    def _check_acceptable(self):
        # EXTENDS
        res = super()._check_acceptable()
        self._check_charges()
        return res

    def _sync_blocks(self):
        # EXTENDS: what is arranged waits for the arrangement, not for its principal
        res = super()._sync_blocks()
        self.sudo().item_ids.move_line_id.move_id.charge_ids._sync_blocks()
        return res

    # === BUSINESS: INVOICE ===#
    def _invoice_charges(self):
        """Invoice interest and costs, once. The amounts are what the debtor pays: a tax would make
        them more than was agreed."""
        for arrangement in self.sudo().with_context(lang=self.partner_id[:1].lang or self.env.lang):
            amount = arrangement.amount_interest + arrangement.amount_costs
            if arrangement.charge_move_id or not arrangement._to_units(amount):
                continue
            charges = arrangement.charge_ids.sorted("id")
            move = self.env["charge.invoice"]._make(
                arrangement.company_id,
                arrangement.partner_id,
                arrangement.currency_id,
                arrangement._get_today(),
                arrangement.date_end,
                charges._prepare_invoice_lines(arrangement.company_id)
                + arrangement._prepare_charge_lines(),
                invoice_origin=arrangement.name,
                invoice_user_id=arrangement.user_id.id,
            )
            arrangement._with_gate_open().charge_move_id = move
            charges._set_invoiced(move)
            if move.currency_id.compare_amounts(move.amount_total, amount) != 0:
                raise UserError(
                    self.env._(
                        "Interest and costs are %(agreed)s, but with tax they would be %(total)s: "
                        "choose a product without tax for them in the settings.",
                        agreed=move.currency_id.format(amount),
                        total=move.currency_id.format(move.amount_total),
                    )
                )
            move._post(soft=False)
            # The agreement has told the debtor of it: no reminder waits for it to be sent.
            move.is_move_sent = True
            for line in move.line_ids.filtered(
                lambda line: line.account_type == "asset_receivable"
            ):
                arrangement._with_gate_open().item_ids.create(
                    {
                        "arrangement_id": arrangement.id,
                        "move_line_id": line.id,
                        "amount": line.amount_residual_currency,
                        "is_charge": True,
                    }
                )

    def _prepare_charge_lines(self):
        """What the plan itself adds, as ``charge.invoice`` takes lines."""
        self.ensure_one()
        parts = self._get_added()
        added = {
            self.env._("Interest (%s)", self.name): parts["interest"],
            self.env._("Costs (%s)", self.name): parts["costs"],
        }
        return [
            (self._get_charge_product(), text, self.currency_id.round(amount))
            for text, amount in added.items()
            if self._to_units(amount)
        ]

    def _get_charge_product(self):
        """The product of the company, or the one that comes with the module.

        :raise UserError: when there is none, or nothing to book it on
        """
        self.ensure_one()
        company = self.company_id
        product = company.arrangement_charge_product_id or self.env.ref(
            "account_credit_management.product_arrangement_charge", raise_if_not_found=False
        )
        if not product or not product.active:
            raise UserError(
                self.env._(
                    "Choose a product for interest and costs of arrangements in the settings."
                )
            )
        self.env["charge.invoice"]._check_bookable(company, product)
        return product.with_company(company)
