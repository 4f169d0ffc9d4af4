from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .statutory_rate import KINDS

# What holds by law for the debtors of a company in these countries. A French consumer owes
# interest after formal notice only, and French public buyers have a regime of their own: no kind
# is assumed for them.
COUNTRY_KINDS = {
    "NL": {"business": "nl_commercial", "government": "nl_commercial", "consumer": "nl_consumer"},
    "BE": {"business": "be_commercial", "government": "be_commercial", "consumer": "be_commercial"},
    "DE": {"business": "de_commercial", "government": "de_commercial", "consumer": "de_consumer"},
    "FR": {"business": "fr_default"},
}
INTEREST_KINDS = [*((name, kind.label) for name, kind in KINDS.items()), ("contract", "As agreed")]


class ResCompany(models.Model):
    """What interest a company claims of those who pay late."""

    _inherit = "res.company"

    # === FIELDS ===#
    interest_kind_business = fields.Selection(
        INTEREST_KINDS,
        "Interest of Businesses",
        help="Empty: by the law of the country of the company. Public bodies always owe what the "
        "law says.",
    )
    interest_kind_consumer = fields.Selection(
        INTEREST_KINDS,
        "Interest of Consumers",
        help="Empty: by the law of the country of the company.",
    )
    interest_percentage = fields.Float(
        "Agreed Rate (%)", digits=(6, 3), help="Percent per year, as the terms of sale state it."
    )
    interest_compound = fields.Boolean(
        "Interest on Agreed Interest",
        help="Agreed interest bears interest itself after a year only if that was agreed too.",
    )
    interest_days = fields.Selection(
        [("365", "365 days, also in leap years"), ("actual", "365 or 366 days, as it comes")],
        "Days in a Year",
        required=True,
        default="365",
        help="The law is silent about it; 365 is the custom. It is printed on every statement.",
    )
    interest_consumer_start = fields.Selection(
        [
            ("reminder", "After the term of the first reminder"),
            ("due", "After the due date"),
        ],
        "Consumers Owe Interest",
        required=True,
        default="reminder",
        help="From the due date only where a contract makes it a final one; a due date that stands "
        "on the invoice alone does not put a consumer in default.",
    )

    # === CONSTRAINTS ===#
    @api.constrains("interest_percentage", "interest_kind_business", "interest_kind_consumer")
    def _check_interest_percentage(self):
        for company in self:
            kinds = (company.interest_kind_business, company.interest_kind_consumer)
            if company.interest_percentage < 0 or (
                "contract" in kinds and not company.interest_percentage
            ):
                raise ValidationError(self.env._("State the agreed rate of interest in percent."))

    # === BUSINESS ===#
    def _get_interest_kind(self, debtor_kind):
        """The kind of interest that a kind of debtor owes; False where none is assumed.

        An agreed rate does not bind public bodies: where it may at all, it must be the higher one.
        """
        self.ensure_one()
        usual = COUNTRY_KINDS.get(self.country_id.code, {}).get(debtor_kind, False)
        if debtor_kind == "government":
            return usual
        chosen = (
            self.interest_kind_consumer
            if debtor_kind == "consumer"
            else self.interest_kind_business
        )
        return chosen or usual

    def _get_invoiced_debtor_kinds(self):
        """The kinds of debtors to whom this company ever sent an invoice."""
        self.ensure_one()
        moves = self.env["account.move"].sudo()
        domain = fields.Domain(
            [
                ("company_id", "=", self.id),
                ("move_type", "in", ("out_invoice", "out_receipt")),
                ("state", "=", "posted"),
            ]
        )
        return [
            kind
            for kind in ("business", "consumer", "government")
            if moves.search_count(
                domain & fields.Domain("commercial_partner_id.debtor_kind", "=", kind), limit=1
            )
        ]

    def _get_interest_percent(self):
        """The agreed rate, exactly as it was entered."""
        self.ensure_one()
        return Decimal(f"{self.interest_percentage:.3f}")

    def _get_interest_days(self):
        """The number of days in a year, as the calculation takes it."""
        self.ensure_one()
        return "actual" if self.interest_days == "actual" else 365
