from odoo import fields, models
from odoo.exceptions import UserError


class InstallmentArrangement(models.Model):
    """Interest and costs of a plan: an invoice of their own, which is paid with the rest."""

    _inherit = "installment.arrangement"

    # === BUSINESS ===#
    def _invoice_charges(self):
        """Invoice interest and costs, once. The amounts are what the debtor pays: a tax would make
        them more than was agreed."""
        for arrangement in self.sudo().with_context(lang=self.partner_id[:1].lang or self.env.lang):
            amount = arrangement.amount_interest + arrangement.amount_costs
            if arrangement.charge_move_id or not arrangement._to_units(amount):
                continue
            move = (
                self.env["account.move"]
                .sudo()
                .with_company(arrangement.company_id)
                .with_context(default_move_type="out_invoice")
                .create(arrangement._prepare_charge_values())
            )
            arrangement._with_gate_open().charge_move_id = move
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

    def _prepare_charge_values(self):
        self.ensure_one()
        product = self._get_charge_product()
        taxes = product.taxes_id._filter_taxes_by_company(self.company_id)
        labels = {
            self.env._("Interest (%s)", self.name): self.amount_interest,
            self.env._("Costs (%s)", self.name): self.amount_costs,
        }
        return {
            "move_type": "out_invoice",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": self._get_today(),
            "invoice_date_due": max(self.date_end, self._get_today()),
            "invoice_payment_term_id": False,
            "invoice_origin": self.name,
            "invoice_user_id": self.user_id.id,
            "invoice_line_ids": [
                fields.Command.create(
                    {
                        "product_id": product.id,
                        "name": label,
                        "quantity": 1,
                        "price_unit": amount,
                        "tax_ids": [fields.Command.set(taxes.ids)],
                    }
                )
                for label, amount in labels.items()
                if self._to_units(amount)
            ],
        }

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
        product = product.with_company(company)
        journal = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
        )
        if not journal or not (
            product._get_product_accounts()["income"] or journal.default_account_id
        ):
            raise UserError(
                self.env._(
                    "Interest and costs cannot be booked: %(company)s has no income account for "
                    "%(product)s.",
                    company=company.name,
                    product=product.display_name,
                )
            )
        return product
