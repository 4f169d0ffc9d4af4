from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_amount, format_date

from .groups import VIEWER

# From this part of the limit on, in percent, the traffic light is amber.
NEARLY_FULL = 80
CHART_MONTHS = 12
# Size of the chart in its own units: what a month takes, the bars, and the text below them.
MONTH_WIDTH, BAR_WIDTH, BAR_HEIGHT, TEXT_HEIGHT = 40, 24, 100, 16


class ResPartner(models.Model):
    """The credit of a debtor at one glance: a light, a sentence, a bar and a small chart.

    Salespeople read it without any right to the journal entries.
    """

    _inherit = "res.partner"

    # === FIELDS ===#
    credit_light = fields.Selection(
        [("green", "In order"), ("amber", "Take care"), ("red", "Stop")],
        "Credit",
        compute="_compute_credit_light",
        compute_sudo=True,
        groups=VIEWER,
        help="Red: new orders wait, or the limit is exceeded. Amber: the limit is nearly used, "
        "something is overdue, or a cover has lapsed.",
    )
    credit_sentence = fields.Char(
        "Credit in a Sentence",
        compute="_compute_credit_light",
        compute_sudo=True,
        groups=VIEWER,
    )
    credit_glance = fields.Html(
        compute="_compute_credit_glance",
        compute_sudo=True,
        sanitize=False,
        groups=VIEWER,
        help="What is used of the limit, what of it counts and who bears it.",
    )
    credit_chart = fields.Html(
        "Days Late by Month",
        compute="_compute_credit_chart",
        compute_sudo=True,
        sanitize=False,
        groups=VIEWER,
        help="Of what was paid in a month, weighted by amount.",
    )

    # === COMPUTE ===#
    @api.depends("credit_hold", "credit_hold_reason")
    @api.depends_context("company", "lang")
    def _compute_credit_light(self):
        debtors = self.commercial_partner_id._origin
        positions = self.env["credit.exposure"]._get_positions(self.env.company, debtors)
        for partner in self:
            position = positions.get(partner.commercial_partner_id._origin.id)
            partner.credit_light, partner.credit_sentence = (
                partner._judge_credit(position) if position else (False, False)
            )

    @api.depends("credit_light", "credit_sentence")
    @api.depends_context("company", "lang")
    def _compute_credit_glance(self):
        company = self.env.company
        debtors = self.commercial_partner_id._origin
        positions = self.env["credit.exposure"]._get_positions(company, debtors)
        groups = self.env["credit.group"]
        for partner in self:
            position = positions.get(partner.commercial_partner_id._origin.id)
            partner.credit_glance = bool(position) and self.env["ir.qweb"]._render(
                "account_credit_management.partner_credit_glance",
                {
                    "partner": partner,
                    "position": position,
                    "group": groups.browse(position.group_id),
                    "currency": company.currency_id,
                    **partner._prepare_credit_bar(position),
                },
            )

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "lang")
    def _compute_credit_chart(self):
        debtors = self.commercial_partner_id._origin
        months = self._get_credit_months(self.env.company, debtors)
        for partner in self:
            days = months.get(partner.commercial_partner_id._origin.id)
            partner.credit_chart = bool(days) and self.env["ir.qweb"]._render(
                "account_credit_management.partner_credit_chart", partner._prepare_chart(days)
            )

    # === BUSINESS ===#
    def _judge_credit(self, position):
        """The traffic light of a debtor, and why it shows that colour."""
        currency = self.env.company.currency_id
        sentences = []
        if self.credit_hold:
            sentences.append(self.env._("New orders wait. %s", self.credit_hold_reason or ""))
        if position.available is None:
            sentences.append(self.env._("There is no credit limit."))
        elif not self._is_credit_exceeded(position):
            left = format_amount(self.env, position.available, currency)
            sentences.append(self.env._("%s is available.", left))
        elif not self.credit_hold:
            excess = format_amount(self.env, -position.available, currency)
            sentences.append(self.env._("The limit is exceeded by %s.", excess))
        notes = self._get_credit_notes(position)
        if self.credit_hold or self._is_credit_exceeded(position):
            light = "red"
        elif notes or position.usage > NEARLY_FULL:
            light = "amber"
        else:
            light = "green"
        # Why orders wait is told by the hold rules, and need not be told twice.
        return light, " ".join(sentences if self.credit_hold else sentences + notes)

    def _is_credit_exceeded(self, position):
        currency = self.env.company.currency_id
        return (
            position.available is not None and currency.compare_amounts(position.available, 0) < 0
        )

    def _get_credit_notes(self, position):
        """What calls for care although orders may go on."""
        currency = self.env.company.currency_id
        notes = []
        if currency.compare_amounts(position.overdue, 0) > 0:
            notes.append(
                self.env._(
                    "%(amount)s is overdue, the oldest %(days)s days.",
                    amount=format_amount(self.env, position.overdue, currency),
                    days=position.oldest_days,
                )
            )
            if currency.compare_amounts(position.overdue_disputed, 0) > 0:
                disputed = format_amount(self.env, position.overdue_disputed, currency)
                notes.append(self.env._("Of that %s is disputed.", disputed))
        if position.cover_lapsed:
            notes.append(self.env._("The cover has lapsed."))
        return notes

    def _prepare_credit_bar(self, position):
        """Parts of the bar in percent of its width: what is used by who bears it, and the rest.

        The bar is as wide as the limit, or as what is used when that is more or there is none.
        """
        width = max(position.limit or 0, position.exposure)
        if self._is_credit_exceeded(position):
            own_risk_class = "bg-danger"
        else:
            own_risk_class = "bg-warning" if position.usage > NEARLY_FULL else "bg-primary"
        parts = (
            (self.env._("Guaranteed"), position.guaranteed, "bg-success"),
            (self.env._("Insured"), position.insured, "bg-info"),
            (self.env._("Factored"), position.factored, "bg-dark"),
            (self.env._("Own risk"), position.own_risk, own_risk_class),
        )
        currency = self.env.company.currency_id
        return {
            "parts": [
                {
                    "label": label,
                    "amount": amount,
                    "class": css_class,
                    "width": f"{100 * amount / width:.2f}",
                }
                for label, amount, css_class in parts
                if currency.compare_amounts(amount, 0) > 0
            ],
            "counted": [
                (label, amount)
                for label, amount in (
                    (self.env._("Open invoices"), position.open_amount - position.disputed),
                    (self.env._("Open and disputed"), position.disputed),
                    (self.env._("Orders to invoice"), position.orders),
                    (self.env._("Draft invoices"), position.drafts),
                    (self.env._("Quotations sent"), position.quotations),
                    (self.env._("Money not allocated"), -position.unallocated),
                )
                if not currency.is_zero(amount)
            ],
            "granted": [
                (label, amount)
                for label, amount in (
                    (self.env._("Own limit"), position.own_limit),
                    (self.env._("Temporary increase"), position.temporary),
                    (self.env._("Cover"), position.cover),
                )
                if not currency.is_zero(amount)
            ],
        }

    @api.model
    def _get_credit_months(self, company, debtors):
        """Average days late of what was paid per month, weighted by amount.

        :rtype: dict[int, dict[date, float]]
        """
        today = company._get_dunning_today()
        query = SQL(
            """
            %s
            SELECT partner_id, DATE_TRUNC('month', paid)::date,
                   SUM(amount * (paid - due)) / SUM(amount)
              FROM allocation
             WHERE paid >= %s AND paid <= %s AND amount > 0
             GROUP BY 1, 2""",
            self.env["credit.behavior"]._get_behavior_sql(company, today, debtors.ids),
            today.replace(day=1) - relativedelta(months=CHART_MONTHS - 1),
            today,
        )
        months = {}
        for partner_id, month, days in self.env.execute_query(query) if debtors else ():
            months.setdefault(partner_id, {})[month] = float(days)
        return months

    def _prepare_chart(self, days):
        """Bars of the last months: up for late, down for early, in the units of the picture."""
        first = self.env.company._get_dunning_today().replace(day=1)
        months = [first - relativedelta(months=back) for back in reversed(range(CHART_MONTHS))]
        top = max(0, *days.values())
        span = max(top - min(0, *days.values()), 1)
        zero = TEXT_HEIGHT + BAR_HEIGHT * top / span
        bars = []
        for position, month in enumerate(months):
            value = days.get(month)
            height = BAR_HEIGHT * abs(value or 0) / span
            bars.append(
                {
                    "month": format_date(self.env, month, date_format="MMM"),
                    "days": None if value is None else round(value),
                    "x": position * MONTH_WIDTH + (MONTH_WIDTH - BAR_WIDTH) / 2,
                    "center": position * MONTH_WIDTH + MONTH_WIDTH / 2,
                    "y": f"{zero - height if (value or 0) > 0 else zero:.1f}",
                    "height": f"{max(height, 1):.1f}",
                    "text_y": f"{(zero - height if (value or 0) > 0 else zero) - 3:.1f}",
                }
            )
        return {
            "bars": bars,
            "zero": f"{zero:.1f}",
            "bar_width": BAR_WIDTH,
            "width": MONTH_WIDTH * CHART_MONTHS,
            "height": BAR_HEIGHT + 2 * TEXT_HEIGHT + 2,
        }
