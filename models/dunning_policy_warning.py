from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# Days that a consumer has before costs may be charged: Dutch and Belgian law.
CONSUMER_TERM = 14
# A policy whose name has one of these is meant for consumers.
CONSUMER_WORDS = ("consument", "consumer", "consommateur", "particulier", "verbraucher")
CONSUMER_CONDITIONS = (("debtor_kind", "consumer"), ("is_company", False))


class DunningPolicy(models.Model):
    """What an administrator should know about a policy: clashes, and what is in flight."""

    _inherit = "dunning.policy"

    # === FIELDS ===#
    warnings = fields.Html(compute="_compute_warnings", sanitize=False)
    in_flight = fields.Html(compute="_compute_in_flight", sanitize=False)

    # === CONSTRAINTS ===#
    @api.constrains("company_id")
    def _check_company_in_use(self):
        """Refuse to give a policy to one company while another still uses it."""
        for policy in self.filtered("company_id"):
            user = policy._find_foreign_use()
            if user:
                raise ValidationError(
                    self.env._(
                        "Policy “%(policy)s” cannot be of %(company)s alone: it is chosen on "
                        "“%(record)s” of another company.",
                        policy=policy.name,
                        company=policy.company_id.name,
                        record=user.display_name,
                    )
                )

    # === COMPUTE ===#
    @api.depends(
        "debtor_domain",
        "level_ids.active",
        "level_ids.channel_mask",
        "level_ids.delay_days",
        "level_ids.mail_template_id",
        "level_ids.min_days_after_previous",
        "level_ids.name",
        "level_ids.payment_days",
        "level_ids.sequence",
        "level_ids.stage",
        "name",
    )
    @api.depends_context("company", "lang")
    def _compute_warnings(self):
        for policy in self:
            texts = policy._get_warnings()
            policy.warnings = bool(texts) and self.env["ir.qweb"]._render(
                "account_credit_management.dunning_policy_warnings", {"texts": texts}
            )

    @api.depends_context("lang")
    def _compute_in_flight(self):
        for policy in self:
            levels = policy.with_context(active_test=False).level_ids
            rows = [
                row
                for row in levels._get_in_flight()
                if row["level"].active or row["standing"] or row["total"]
            ]
            policy.in_flight = bool(rows) and self.env["ir.qweb"]._render(
                "account_credit_management.dunning_policy_in_flight", {"rows": rows}
            )

    # === BUSINESS ===#
    def _get_warnings(self):
        """What is allowed but probably not meant, in plain words.

        :rtype: list[str]
        """
        self.ensure_one()
        levels = self._get_ladder()
        if not levels:
            return [self.env._("Nobody is reminded: there are no levels.")]
        texts = self._get_consumer_warnings(levels) if self._is_for_consumers() else []
        for level in levels:
            texts += self._get_channel_warnings(level)
        for previous, level in zip(levels, levels[1:], strict=False):
            texts += self._get_overlap_warnings(previous, level)
        company = self.company_id or self.env.company
        contact = company.sudo().dunning_user_id
        if contact and not contact.active:
            texts.append(
                self.env._(
                    "%s, the contact for debtors of the settings, is archived: reminders name the "
                    "salesperson or the company instead.",
                    contact.name,
                )
            )
        return texts

    def _get_consumer_warnings(self, levels):
        texts = []
        finals = levels.filtered(lambda level: level.stage == "final")
        for level in finals:
            if level.payment_days < CONSUMER_TERM:
                texts.append(
                    self.env._(
                        "“%(level)s” gives consumers %(days)s days to pay. Dutch and Belgian law "
                        "give them at least %(term)s days before costs may be charged.",
                        level=level.name,
                        days=level.payment_days,
                        term=CONSUMER_TERM,
                    )
                )
        handovers = levels.filtered(lambda level: level.stage == "handover")
        if handovers and not finals:
            texts.append(
                self.env._(
                    "“%s” comes without a final notice before it. A consumer must have had a last "
                    "term to pay without costs first.",
                    handovers[0].name,
                )
            )
        return texts

    def _get_channel_warnings(self, level):
        if level.stage == "handover":
            return []
        if level._get_channel_fields() == ["use_sms"]:
            return [
                self.env._(
                    "“%s” only goes out as a text message: no room for the list of invoices, and "
                    "nothing for debtors without a mobile number. Add e-mail or letter.",
                    level.name,
                )
            ]
        if not level._get_mail_template() and (level.use_email or level.use_letter):
            return [
                self.env._("“%s” has no text for e-mail and letter: choose a template.", level.name)
            ]
        return []

    def _get_overlap_warnings(self, previous, level):
        """A level that has to wait for the one before it comes later than its days say."""
        if previous.stage == "courtesy":
            return []
        wait = level._get_days_to_wait(previous)
        if level.delay_days - previous.delay_days < wait:
            return [
                self.env._(
                    "“%(level)s” overlaps with “%(previous)s”: it is planned %(days)s days after "
                    "it, but waits %(wait)s days for its gap and term. It comes later than "
                    "%(delay)s days after the due date.",
                    level=level.name,
                    previous=previous.name,
                    days=level.delay_days - previous.delay_days,
                    wait=wait,
                    delay=level.delay_days,
                )
            ]
        if level.min_days_after_previous < previous.payment_days:
            return [
                self.env._(
                    "The gap before “%(level)s” (%(gap)s days) is shorter than the term that "
                    "“%(previous)s” gives (%(term)s days). The level waits for the end of the "
                    "term anyway.",
                    level=level.name,
                    gap=level.min_days_after_previous,
                    previous=previous.name,
                    term=previous.payment_days,
                )
            ]
        return []

    def _is_for_consumers(self):
        """Whether the name says so, or the target group asks for consumers or persons."""
        self.ensure_one()
        names = {self.name, self.with_context(lang="en_US").name}
        if any(word in (name or "").lower() for word in CONSUMER_WORDS for name in names):
            return True
        try:
            conditions = self._get_debtor_domain().iter_conditions()
        except (SyntaxError, ValueError):
            return False  # still being typed: saving refuses it
        return any(
            self._is_condition(condition, name, value)
            for condition in conditions
            for name, value in CONSUMER_CONDITIONS
        )

    @api.model
    def _is_condition(self, condition, name, value):
        if condition.field_expr != name:
            return False
        if condition.operator == "in":
            return value in condition.value
        if condition.operator == "!=":
            return isinstance(value, bool) and condition.value == (not value)
        return condition.operator == "=" and condition.value == value

    def _find_foreign_use(self):
        """A debtor, document or company that uses this policy outside its company."""
        self.ensure_one()
        policy = self.sudo()
        companies = policy.env["res.company"].search(
            [("id", "not in", policy._get_user_companies().ids)]
        )
        for company in companies:
            if company.dunning_policy_id == policy:
                return company
            debtors = policy.env["res.partner"].with_company(company)
            debtor = debtors.search([("dunning_policy_id", "=", policy.id)], limit=1)
            if debtor:
                return debtor
        return policy.env["account.move"].search(
            [("dunning_policy_id", "=", policy.id), ("company_id", "in", companies.ids)], limit=1
        )

    def _get_user_companies(self):
        """The companies that may use this policy: its own and those below it, or all."""
        self.ensure_one()
        companies = self.env["res.company"].sudo()
        domain = Domain("id", "child_of", self.company_id.ids) if self.company_id else Domain.TRUE
        return companies.search(domain)
