from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..calc.interest import half_year_end


@dataclass(frozen=True)
class Kind:
    """What the law says about one kind of interest, besides its percentages."""

    label: str
    country: str
    compound: bool  # whether a year's interest is added to the base on each anniversary
    yearly: bool = False  # fixed per calendar year instead of per half-year


# Dutch Civil Code art. 6:119(2) and 6:119a(3) add a year's interest to the base; Belgian, German
# (Civil Code par. 289) and French interest is simple.
KINDS = {
    "nl_commercial": Kind("Netherlands: commercial", "NL", compound=True),
    "nl_consumer": Kind("Netherlands: consumers", "NL", compound=True),
    "be_commercial": Kind("Belgium: commercial", "BE", compound=False),
    "be_civil": Kind("Belgium: civil", "BE", compound=False, yearly=True),
    "de_commercial": Kind("Germany: commercial", "DE", compound=False),
    "de_consumer": Kind("Germany: consumers", "DE", compound=False),
    "fr_default": Kind("France: commercial, without an agreed rate", "FR", compound=False),
    "fr_legal": Kind("France: legal rate for professionals", "FR", compound=False),
}
# What a calculation was made with; other facts of a rate may still be filled in.
FIXED_FIELDS = ("kind", "valid_from", "percentage")


class StatutoryRate(models.Model):
    """A rate of interest by law from a day on, with where it was published.

    A rate is known for the half-year, or year, in which it starts and not a day longer: without
    the next row nothing is calculated, as the law may have changed. An unchanged rate has a row
    too. What was published holds for every company.
    """

    _name = "statutory.rate"
    _description = "Interest Rate by Law"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "kind, valid_from desc, id desc"

    # === FIELDS ===#
    kind = fields.Selection(
        [(name, kind.label) for name, kind in KINDS.items()], required=True, tracking=True
    )
    valid_from = fields.Date(required=True, tracking=True)
    valid_until = fields.Date(
        compute="_compute_valid_until",
        help="The day before the next rate, at the latest the end of the half-year or year for "
        "which the rate was published.",
    )
    percentage = fields.Float(
        "Rate (%)",
        required=True,
        digits=(5, 2),
        aggregator="avg",
        tracking=True,
        help="Percent per year.",
    )
    source = fields.Char(help="The law or publication that says so.", tracking=True)
    checked_on = fields.Date(
        tracking=True,
        help="When the rate was compared with its publication. Empty: to be confirmed.",
    )
    checked_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    used_on = fields.Date(
        "Last Used",
        readonly=True,
        copy=False,
        help="When a document was last made with this rate. It can no longer be changed since.",
    )
    active = fields.Boolean(default=True)

    _kind_valid_from = models.UniqueIndex(
        "(kind, valid_from) WHERE active",
        "There is already a rate of this kind from this day.",
    )
    _is_positive = models.Constraint(
        "CHECK (percentage > 0)", "Fill in the rate in percent, as it was published."
    )

    # === COMPUTE ===#
    @api.depends("kind", "valid_from", "active")
    def _compute_valid_until(self):
        starts = dict(
            self.env["statutory.rate"]._read_group(
                [("kind", "in", self.mapped("kind"))], ["kind"], ["valid_from:array_agg"]
            )
        )
        for rate in self:
            rate.valid_until = rate.valid_from and rate._get_period_end()
            later = [day for day in starts.get(rate.kind, ()) if day > (rate.valid_from or day)]
            if later and rate.valid_until:
                rate.valid_until = min(rate.valid_until, min(later) - timedelta(days=1))

    @api.depends("kind", "valid_from")
    def _compute_display_name(self):
        for rate in self:
            since = rate.valid_from and format_date(self.env, rate.valid_from)
            rate.display_name = f"{rate._get_kind_label(rate.kind)}, {since or ''}"

    # === CRUD ===#
    @api.model
    def _load_records(self, data_list, update=False):
        # EXTENDS 'base': a rate that was entered before an update of the module brings it stays as
        # it is; without this the update would stumble over it.
        data_list = list(data_list)
        if self.env.context.get("install_module"):
            self._adopt_known_rates(data_list)
        return super()._load_records(data_list, update)

    def _adopt_known_rates(self, data_list):
        """Give what was entered already the XML id under which the module brings it."""
        known = {
            (rate.kind, fields.Date.to_string(rate.valid_from)): rate
            for rate in self.with_context(active_test=False).search([], order="active, id")
        }
        data_model = self.env["ir.model.data"].sudo()
        xml_ids = [data["xml_id"] for data in data_list if data.get("xml_id")]
        loaded = {f"{row[1]}.{row[2]}" for row in data_model._lookup_xmlids(xml_ids, self)}
        for data in data_list:
            values = data["values"]
            rate = known.get((values.get("kind"), values.get("valid_from")))
            if rate and data.get("xml_id") and data["xml_id"] not in loaded:
                data_model._update_xmlids(
                    [{"xml_id": data["xml_id"], "record": rate, "noupdate": True}]
                )
                data["values"] = {}

    def write(self, vals):
        """Keep what documents were made with, and ask for a new check of what changes."""
        for rate in self:
            changed = [name for name in FIXED_FIELDS if rate._is_changed(name, vals)]
            if changed and rate.used_on:
                raise UserError(
                    self.env._(
                        "%s was used already. Archive it and add a new rate instead.",
                        rate.display_name,
                    )
                )
        unchecked = self.browse()
        if "checked_on" not in vals:
            unchecked = self.filtered(
                lambda rate: any(rate._is_changed(name, vals) for name in FIXED_FIELDS)
            )
        res = super().write(vals)
        if "active" in vals:
            # The database has to know before a new rate takes the place of an archived one.
            self.flush_recordset(["active"])
        if unchecked:
            super(StatutoryRate, unchecked).write({"checked_on": False, "checked_by_id": False})
        return res

    def _is_changed(self, name, vals):
        if name not in vals:
            return False
        field = self._fields[name]
        return field.convert_to_record(field.convert_to_cache(vals[name], self), self) != self[name]

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        for rate in self.filtered("used_on"):
            raise UserError(
                self.env._("%s was used already. Archive it instead.", rate.display_name)
            )

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import Template for Interest Rates"),
                "template": "/account_credit_management/static/xls/statutory_rate.xlsx",
            }
        ]

    # === ACTIONS ===#
    def action_confirm(self):
        """Note that somebody compared these rates with their publication today."""
        self.check_access("write")
        self.write({"checked_on": fields.Date.context_today(self), "checked_by_id": self.env.uid})
        self._review_alarms()

    # === BUSINESS ===#
    @api.model
    def _get_kind_label(self, kind):
        return dict(self._fields["kind"]._description_selection(self.env)).get(kind, "")

    def _get_period_end(self):
        """The last day for which this rate was published."""
        self.ensure_one()
        if KINDS[self.kind].yearly:
            return date(self.valid_from.year, 12, 31)
        return half_year_end(self.valid_from)

    def _get_percent(self):
        """The percentage, exactly as it was entered."""
        self.ensure_one()
        return Decimal(f"{self.percentage:.2f}")

    @api.model
    def _get_rates(self, kind, first, until):
        """Return the rates of each day from ``first`` up to and including ``until``, oldest first.

        :param str kind: one of ``KINDS``
        :raise UserError: when a day has no published rate; nothing is carried on by itself
        """
        return self._get_known(kind)._get_between(kind, first, until)

    @api.model
    def _get_known(self, kind):
        """All rates of a kind, oldest first."""
        return self.search([("kind", "=", kind)], order="valid_from")

    def _get_between(self, kind, first, until):
        """Those of these rates that hold on the days as in :meth:`_get_rates`."""
        if first > until:
            return self.browse()
        rates = self.filtered(lambda rate: rate.valid_from <= until and rate.valid_until >= first)
        day = first
        for rate in rates:
            if rate.valid_from > day:
                break
            day = rate.valid_until + timedelta(days=1)
        if day <= until:
            raise UserError(self._get_unknown_text(kind, day))
        return rates

    @api.model
    def _get_unknown_text(self, kind, day):
        return self.env._(
            "No rate “%(kind)s” is known for %(day)s. A manager adds it under Configuration → "
            "Interest Rates, from the official publication; nothing is carried on by itself.",
            kind=self._get_kind_label(kind),
            day=format_date(self.env, day),
        )

    def _mark_used(self):
        """Remember that a document was made with these rates."""
        self.sudo().write({"used_on": fields.Date.context_today(self)})
