from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

XMLID = "account_credit_management.product_charge_%s"


class ChargeInvoice(models.AbstractModel):
    """The one maker of invoices of interest and costs, of reminders as of arrangements.

    A line has the product of its kind, with the taxes that the product has in the company:
    compensation for late payment bears no VAT as a rule, so that the products that come with the
    module have none. Where a product has a tax it is added, and shown on the invoice.
    """

    _name = "charge.invoice"
    _description = "Invoice of Interest and Costs"

    # === BUSINESS ===#
    @api.model
    def _make(self, company, partner, currency, day, due, lines, **values):
        """Create a draft invoice of interest and costs.

        :param datetime.date day: of the invoice
        :param datetime.date due: the last day to pay
        :param list lines: triples of a product, a text and an amount without tax, in ``currency``
        :param values: of other fields of the invoice
        :return: the draft, as superuser, with its lines in the order of ``lines``
        :raise UserError: when a product is missing, or has nothing to be booked on
        """
        company = company.sudo()
        for product in {product for product, _text, _amount in lines}:
            self._check_bookable(company, product)
        moves = self.env["account.move"].sudo().with_company(company)
        return moves.with_context(default_move_type="out_invoice", lang=partner.lang).create(
            {
                "move_type": "out_invoice",
                "company_id": company.id,
                "partner_id": partner.id,
                "currency_id": currency.id,
                "invoice_date": day,
                "invoice_date_due": max(due, day),
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create(self._prepare_line(company, sequence, *line))
                    for sequence, line in enumerate(lines, start=1)
                ],
                **values,
            }
        )

    @api.model
    def _prepare_line(self, company, sequence, product, text, amount):
        taxes = product.sudo().taxes_id._filter_taxes_by_company(company)
        return {
            "sequence": sequence,
            "product_id": product.id,
            "name": text,
            "quantity": 1,
            "price_unit": amount,
            "tax_ids": [Command.set(taxes.ids)],
        }

    @api.model
    def _get_product(self, company, kind):
        """The product of a company for ``costs`` or ``interest``, or that of the module.

        :raise UserError: when there is none
        """
        company = company.sudo()
        name = {"costs": "charge_cost_product_id", "interest": "charge_interest_product_id"}[kind]
        product = company[name] or self.env.ref(XMLID % kind, raise_if_not_found=False)
        if not product or not product.sudo().active:
            raise UserError(
                self.env._(
                    "Nothing can be invoiced: choose a “%(field)s” for %(company)s in the "
                    "settings.",
                    field=company._fields[name]._description_string(self.env),
                    company=company.name,
                )
            )
        return product.sudo()

    @api.model
    def _check_bookable(self, company, product):
        """Say in words what Odoo would stumble over.

        :raise UserError: when there is no sales journal or no income account
        """
        journal = (
            self.env["account.journal"]
            .sudo()
            .search(
                [
                    *self.env["account.journal"]._check_company_domain(company),
                    ("type", "=", "sale"),
                ],
                limit=1,
            )
        )
        if not journal:
            raise UserError(
                self.env._(
                    "Interest and costs cannot be booked: %s has no sales journal.", company.name
                )
            )
        product = product.sudo().with_company(company)
        if not (product._get_product_accounts()["income"] or journal.default_account_id):
            raise UserError(
                self.env._(
                    "Interest and costs cannot be booked: %(company)s has no income account for "
                    "%(product)s.",
                    company=company.name,
                    product=product.display_name,
                )
            )
