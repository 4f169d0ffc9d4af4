from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models
from odoo.tools import float_repr

from ..calc.collection_costs import be_consumer_cap, eu_40, nl_bik, tiers
from ..calc.shares import round_to, shares

# Schemes that the law or a contract gives once per item, however many reminders there are. A fee
# is for the reminder itself.
ONCE_SCHEMES = (
    "percentage",
    "tiers",
    "nl_business",
    "nl_consumer",
    "be_business",
    "be_consumer",
    "eu_40",
)
# Schemes that count invoices: another due date of the same invoice brings nothing more.
INVOICE_SCHEMES = ("be_business", "eu_40")
# Amounts of the law are in this currency.
STATUTORY_CURRENCY = "EUR"
# What a scheme means for a business, and for a consumer by the law that protects him. Schemes
# that are not named stay as they are; an empty one is nothing that can be claimed of him.
_FOR_BUSINESS = {"nl_consumer": "nl_business", "be_consumer": "be_business"}
_FOR_CONSUMER = {
    "nl": {
        "statutory": "nl_consumer",
        "nl_business": "nl_consumer",
        "be_consumer": "nl_consumer",
        "be_business": "",
        "eu_40": "",
    },
    "be": {
        "statutory": "be_consumer",
        "nl_business": "be_consumer",
        "nl_consumer": "be_consumer",
        "be_business": "",
        "eu_40": "",
        "fixed": "",
    },
    "": {
        "statutory": "",
        "nl_business": "",
        "nl_consumer": "",
        "be_business": "",
        "be_consumer": "",
        "eu_40": "",
    },
}


@dataclass(frozen=True)
class Quote:
    """The costs of collecting that a level claims of a debtor. Amounts are in one currency."""

    amount: Decimal = Decimal(0)  # all of it, with the addition for VAT
    vat: Decimal = Decimal(0)  # that addition
    base: Decimal = Decimal(0)  # the principal it was calculated on
    scheme: str = "none"  # one of COST_SCHEMES, "statutory" resolved
    shares: dict = field(default_factory=dict)  # amount by account.move.line, exactly together
    note: str = ""  # why it is nothing, or less than the level says


class UnknownExchangeRate(Exception):
    """An amount cannot be expressed in another currency."""


class StatutoryCost(models.AbstractModel):
    """How much the costs of collecting are, by the scheme of a level and by law.

    It writes nothing. Whether they may be charged yet is decided by the term of the statutory
    letter, see ``statutory.letter``.

    Whatever a level says, a Dutch consumer never owes more than the scale of the decree (Civil
    Code art. 6:96(5)), a Belgian one never more than the cap, and nothing without a clause in the
    contract (Code of Economic Law art. XIX.4). The 40 of directive 2011/7/EU is for businesses
    and public authorities.
    """

    _name = "statutory.cost"
    _description = "Costs of Collecting"

    # === BUSINESS ===#
    @api.model
    def _quote(self, level, debtor, company, currency, principals, day):
        """Return the costs that a level claims over some items.

        :param dunning.level level: whose scheme counts
        :param res.partner debtor: commercial partner
        :param dict principals: open, undisputed principal (``Decimal``, in ``currency``) by
            ``account.move.line``; the caller leaves out what bears no costs, see
            ``Facts.bears_costs`` of ``receivable.charge``
        :param datetime.date day: whose exchange rates count
        :rtype: Quote
        """
        scheme, note = self._resolve(level, debtor, company)
        principals = {item: amount for item, amount in principals.items() if amount > 0}
        if scheme == "none" or not principals:
            return Quote(scheme=scheme, note=note)
        base = sum(principals.values())
        try:
            amount, vat, capped = self._calculate(
                scheme, level, debtor, company, currency, principals, day
            )
        except UnknownExchangeRate as error:
            return Quote(base=base, scheme=scheme, note=str(error))
        return Quote(
            amount=amount,
            vat=vat,
            base=base,
            scheme=scheme,
            shares=self._divide(scheme, level, currency, principals, amount),
            note=capped or note,
        )

    @api.model
    def _resolve(self, level, debtor, company):
        """Which scheme holds for a debtor, and why none does.

        :return: the scheme, ``none`` when nothing can be claimed, and a text
        """
        chosen = level.cost_scheme or "none"
        if chosen == "none":
            return chosen, ""
        if self.env["statutory.interest"]._get_debtor_kind(debtor) != "consumer":
            return self._resolve_business(chosen, company)
        law = self.env["statutory.letter"]._get_law(debtor, company)
        scheme = _FOR_CONSUMER[law].get(chosen, chosen)
        if not scheme:
            return "none", self.env._("No costs: a consumer does not owe what this level charges.")
        if law == "be" and not level.policy_id.consumer_clause:
            return "none", self.env._(
                "No costs: a Belgian consumer owes them only by a clause in the contract, and the "
                "policy has none."
            )
        return scheme, ""

    @api.model
    def _resolve_business(self, chosen, company):
        if chosen != "statutory":
            return _FOR_BUSINESS.get(chosen, chosen), ""
        country = company.sudo().country_id
        if country.code in ("NL", "BE"):
            return f"{country.code.lower()}_business", ""
        if "EU" in country.country_group_ids.mapped("code"):
            return "eu_40", ""
        return "none", self.env._(
            "No costs: for the country of the company no rule of the law is known here."
        )

    # === BUSINESS: AMOUNTS ===#
    def _calculate(self, scheme, level, debtor, company, currency, principals, day):
        """The costs in the currency of the items.

        :return: the amount, the VAT in it, and why it is less than the level says
        :raise UnknownExchangeRate: when an amount cannot be converted
        """
        unit = self._get_unit(currency)
        if scheme in INVOICE_SCHEMES or scheme[:3] in ("nl_", "be_"):
            rate = self._get_rate(self._get_statutory_currency(), currency, company, day)
        elif scheme == "percentage" and not (level.cost_minimum or level.cost_maximum):
            rate = Decimal(1)
        else:
            rate = self._get_rate(company.currency_id, currency, company, day)
        base = sum(principals.values())
        match scheme:
            case "fixed":
                count = len(principals) if level.fee_basis == "item" else 1
                amount = self._to_decimal(level.fee_amount, company.currency_id) * count * rate
            case "percentage" | "tiers":
                amount = self._calculate_tiers(scheme, level, company, base, rate)
            case "eu_40" | "be_business":
                amount = eu_40(self._count_invoices(principals)) * rate
            case "be_consumer":
                amount = be_consumer_cap(round_to(base / rate)) * rate
            case _:
                principal = round_to(base / rate)
                amount = nl_bik(principal)
                vat = nl_bik(principal, self._get_vat_percentage(company)) - amount
                amount, vat = round_to(amount * rate, unit), round_to(vat * rate, unit)
                return amount + vat, vat, ""
        amount = round_to(amount, unit)
        limit = self._get_limit(scheme, debtor, company, currency, base, day)
        if limit is not None and limit < amount:
            return limit, Decimal(0), self.env._("The law limits the costs of a consumer to this.")
        return amount, Decimal(0), ""

    def _calculate_tiers(self, scheme, level, company, base, rate):
        """Percentages of an agreement, whose bounds are in the currency of the company."""

        def convert(amount):
            return self._to_decimal(amount, company.currency_id) * rate

        if scheme == "percentage":
            steps = [(None, self._to_percent(level.cost_percentage))]
        else:
            steps = [
                (convert(tier.up_to) if tier.up_to else None, self._to_percent(tier.percentage))
                for tier in level.cost_tier_ids.sorted(lambda tier: (not tier.up_to, tier.up_to))
            ]
        maximum = convert(level.cost_maximum) if level.cost_maximum else None
        # It is rounded once, to the unit of its currency, by the caller.
        return tiers(base, steps, convert(level.cost_minimum), maximum, digits=12)

    def _get_limit(self, scheme, debtor, company, currency, base, day):
        """The most that may be claimed of a consumer by another scheme than that of his law."""
        law = self.env["statutory.letter"]._get_law(debtor, company)
        if not law:
            return None
        rate = self._get_rate(self._get_statutory_currency(), currency, company, day)
        principal = round_to(base / rate)
        limit = nl_bik(principal) if law == "nl" else be_consumer_cap(principal)
        return round_to(limit * rate, self._get_unit(currency))

    def _get_vat_percentage(self, company):
        company = company.sudo()
        if not company.charge_vat:
            return Decimal(0)
        return self._to_percent(company.charge_vat_percentage)

    def _count_invoices(self, principals):
        """Invoices among some items; an opening balance may have several in one entry."""
        items = self.env["account.move.line"].union(*principals)
        entries = items.filtered(lambda item: item.move_id.move_type == "entry")
        return len(entries) + len((items - entries).move_id)

    @api.model
    def _divide(self, scheme, level, currency, principals, amount):
        """Divide costs over their items: by principal, or what each of them brought about."""
        items = list(principals)
        if scheme in INVOICE_SCHEMES:
            weights = self._get_invoice_weights(principals)
        elif scheme == "fixed" and level.fee_basis == "item":
            weights = [Decimal(1)] * len(items)
        else:
            weights = [principals[item] for item in items]
        parts = shares(amount, weights, self._get_unit(currency))
        return dict(zip(items, parts, strict=True))

    def _get_invoice_weights(self, principals):
        """One per invoice, divided over its due dates by their principal."""
        totals = {}
        keys = {
            item: item if item.move_id.move_type == "entry" else item.move_id for item in principals
        }
        for item, key in keys.items():
            totals[key] = totals.get(key, Decimal(0)) + principals[item]
        return [principals[item] / totals[keys[item]] for item in principals]

    # === BUSINESS: CURRENCIES ===#
    @api.model
    def _get_statutory_currency(self):
        # Not by `ref`, which asks the database each time whether it is still there.
        xmlid = f"base.{STATUTORY_CURRENCY}"
        return self.env["res.currency"].browse(
            self.env["ir.model.data"]._xmlid_to_res_id(xmlid, raise_if_not_found=True)
        )

    @api.model
    def _get_rate(self, source, target, company, day):
        """How much of a currency one unit of another is.

        :rtype: decimal.Decimal
        :raise UnknownExchangeRate: Odoo itself takes 1 when it knows no rate
        """
        if source == target:
            return Decimal(1)
        company = company.sudo()
        for currency in source + target:
            if currency != company.currency_id and not self._has_rate(currency, company, day):
                raise UnknownExchangeRate(
                    self.env._("No costs: the exchange rate of %s is not known.", currency.name)
                )
        rate = source._get_conversion_rate(source, target, company, day)
        return Decimal(repr(rate))

    def _has_rate(self, currency, company, day):
        companies = (company.browse(), company.root_id)
        return any(
            rate.name <= day and rate.company_id in companies
            for rate in currency.sudo().with_context(active_test=False).rate_ids
        )

    @api.model
    def _get_unit(self, currency):
        """The smallest amount of a currency, exactly."""
        return Decimal(float_repr(currency.rounding, 6)).normalize()

    @api.model
    def _to_decimal(self, amount, currency):
        return self.env["statutory.interest"]._to_decimal(amount, currency)

    @api.model
    def _to_percent(self, percentage):
        return Decimal(f"{percentage:.3f}")
