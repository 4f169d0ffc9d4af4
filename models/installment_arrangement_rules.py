from dateutil.relativedelta import relativedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError

from .installment_arrangement import HOLDING_STATES

COLLECTOR = "account_credit_management.group_collector"
MANAGER = "account_credit_management.group_manager"


class InstallmentArrangement(models.Model):
    """The rules of a company, and who may grant what. Asked of the user who is signed in, also
    where code runs with the rights of the system on his behalf."""

    _inherit = "installment.arrangement"

    # === FIELDS ===#
    needs_approval = fields.Boolean(
        compute="_compute_needs_approval",
        compute_sudo=True,
        help="A credit manager has to agree first.",
    )
    rule_text = fields.Text(
        "Outside the Rules", compute="_compute_needs_approval", compute_sudo=True
    )

    # === COMPUTE ===#
    @api.depends(
        "amount_total",
        "approved_by_id",
        "company_id",
        "currency_id",
        "date",
        "line_ids.amount",
        "line_ids.date_due",
        "partner_id",
    )
    @api.depends_context("lang")
    def _compute_needs_approval(self):
        for arrangement in self:
            reasons = arrangement._check_rules()
            arrangement.rule_text = "\n".join(reasons) or False
            arrangement.needs_approval = bool(reasons) and not arrangement.approved_by_id

    # === BUSINESS: RULES ===#
    def _check_rules(self):
        """Return why collectors cannot grant this on their own, in sentences; none if they can.

        :rtype: list[str]
        """
        self.ensure_one()
        company = (self.company_id or self.env.company).sudo()
        reasons = [
            self._check_longest(company),
            self._check_first(company),
            self._check_least(company),
            self._check_broken_before(company),
            self._check_collector_amount(company),
        ]
        return [reason for reason in reasons if reason]

    def _check_longest(self, company):
        """The last installment falls within so many months; or on the next working day."""
        months = company.arrangement_max_months
        if months <= 0 or not self.date_end or not self.date:
            return ""
        start = min(self.date, company._get_dunning_today())
        limit = company._get_next_dunning_working_day(start + relativedelta(months=months))
        if self.date_end <= limit:
            return ""
        return self.env._("It takes longer than %s months.", months)

    def _check_first(self, company):
        first = self._get_ordered_lines()[:1]
        least = self.currency_id.round(self.amount_total * company.arrangement_min_first / 100)
        if not first or self.currency_id.compare_amounts(first.amount, least) >= 0:
            return ""
        return self.env._(
            "The first payment is less than %(percentage)s%% (%(amount)s).",
            percentage=f"{company.arrangement_min_first:g}",
            amount=self.currency_id.format(least),
        )

    def _check_least(self, company):
        """The last installment may be a smaller rest."""
        least = company.arrangement_min_amount
        lines = self._get_ordered_lines()
        lines = lines[:-1] or lines
        currency = company.currency_id
        if all(currency.compare_amounts(self._to_company(x.amount), least) >= 0 for x in lines):
            return ""
        return self.env._("An installment is less than %s.", currency.format(least))

    def _check_broken_before(self, company):
        broken = self.sudo().search_count(
            [
                ("partner_id", "=", self.partner_id._origin.id),
                ("company_id", "=", company.id),
                ("state", "=", "broken"),
            ],
            limit=1,
        )
        if not broken:
            return ""
        return self.env._("An earlier arrangement with this debtor was broken.")

    def _check_collector_amount(self, company):
        """What the debtor has in other arrangements counts too, or one could be split."""
        most = company.arrangement_max_collector
        currency = company.currency_id
        others = self.sudo().search(
            [
                ("partner_id", "=", self.partner_id._origin.id),
                ("company_id", "=", company.id),
                ("state", "in", HOLDING_STATES),
                ("id", "not in", (self._origin | self.previous_id._origin).ids),
            ]
        )
        amount = self._to_company(self.amount_total) + sum(
            other._to_company(other.amount_left) for other in others
        )
        if currency.compare_amounts(amount, most) <= 0:
            return ""
        return self.env._(
            "Arrangements of more than %s need a credit manager.", currency.format(most)
        )

    def _to_company(self, amount):
        """An amount in the currency of the company, at the rate of the proposal."""
        company = (self.company_id or self.env.company).sudo()
        currency = self.currency_id or company.currency_id
        day = self.date or company._get_dunning_today()
        return currency._convert(amount, company.currency_id, company, day)

    # === BUSINESS: WHO ===#
    @api.model
    def _get_role(self):
        """``collector``, ``manager``, ``system``, or None for everybody else."""
        if self.env.uid == SUPERUSER_ID:
            return "system"
        if self.env.user.has_group(MANAGER):
            return "manager"
        if self.env.user.has_group(COLLECTOR):
            return "collector"
        return None

    def _get_refusal(self):
        """Why the user may not grant this; empty when he may.

        Debtors grant themselves what they ask for online where the company lets them.
        """
        self.ensure_one()
        role = self._get_role()
        if role in ("manager", "system"):
            return ""
        reasons = [] if self.approved_by_id else self._check_rules()
        if role == "collector":
            return "\n".join(reasons)
        company = self.company_id.sudo()
        if self.origin != "portal" or company.arrangement_portal != "auto":
            return self.env._("Arrangements are granted by collectors and credit managers.")
        return "\n".join(reasons)

    def _check_granted(self):
        """Note who agreed to what is outside the rules.

        :raise AccessError: saying why the user may not grant it
        """
        for arrangement in self:
            refusal = arrangement._get_refusal()
            if refusal:
                raise AccessError(
                    self.env._(
                        "%(name)s needs the approval of a credit manager:\n%(reasons)s",
                        name=arrangement.name,
                        reasons=refusal,
                    )
                )
            if arrangement.needs_approval:
                arrangement._with_gate_open().approved_by_id = self.env.user

    def _approve(self):
        """Agree to what is outside the rules. Approving twice is harmless.

        :raise AccessError: for everybody but credit managers
        """
        if self._get_role() not in ("manager", "system"):
            raise AccessError(self.env._("Only credit managers approve what is outside the rules."))
        for arrangement in self.filtered(lambda record: record.state == "draft"):
            if arrangement.needs_approval:
                arrangement._with_gate_open().approved_by_id = self.env.user
                arrangement.sudo().message_post(
                    body=self.env._("Approved: %s", arrangement.rule_text),
                    author_id=self.env.user.partner_id.id,
                    partner_ids=(arrangement.user_id - self.env.user).partner_id.ids,
                    subtype_xmlid="mail.mt_note",
                )
