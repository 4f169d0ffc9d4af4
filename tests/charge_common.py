from odoo import Command, fields

from .notice_common import NoticeCommon


class ChargeCommon(NoticeCommon):
    """Debtors who owe costs and interest beside their invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.charges = cls.env["receivable.charge"]

    def _charge(self, invoices, amount, kind="costs", state="due", date="2026-03-10", **values):
        """Costs or interest because of invoices, in equal parts.

        :return: the charge, as superuser
        """
        items = self._items(invoices)
        parts = [round(amount / len(items), 2) for _item in items[1:]]
        parts.append(round(amount - sum(parts), 2))
        return self.charges.sudo().create(
            {
                "company_id": invoices.company_id.id,
                "partner_id": invoices.commercial_partner_id.id,
                "currency_id": invoices.currency_id.id,
                "kind": kind,
                "scheme": "nl_business" if kind == "costs" else False,
                "date": date,
                "until": date if kind == "interest" else False,
                "amount_base": sum(items.mapped("amount_residual_currency")),
                "amount": amount,
                "state": state,
                "item_ids": [
                    Command.create(
                        {
                            "move_line_id": item.id,
                            "amount_base": item.amount_residual_currency,
                            "amount": part,
                        }
                    )
                    for item, part in zip(items, parts, strict=True)
                ],
                **values,
            }
        )

    def _waive(self, charge, user=None, reason="Good customer", **values):
        """Waive through the dialog."""
        user = user or self.manager
        action = charge.with_user(user).action_waive()
        wizard = (
            self.env["receivable.charge.waive"]
            .with_user(user)
            .with_context(**action["context"])
            .create({"reason": reason, **values})
        )
        wizard.action_waive()
        self.env.invalidate_all()

    def _blocks(self, invoice):
        return self.env["dunning.block"].search(
            [
                ("move_line_id", "in", self._items(invoice).ids),
                ("kind", "=", "charge"),
                ("lifted_date", "=", False),
            ]
        )

    def _set_tax(self, product, percent):
        tax = self.env["account.tax"].create(
            {
                "name": f"{percent} percent",
                "amount": percent,
                "company_id": self.company.id,
                "country_id": self.company.account_fiscal_country_id.id,
            }
        )
        product.taxes_id = [fields.Command.set(tax.ids)]
        return tax
