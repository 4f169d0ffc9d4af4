from ast import literal_eval
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class DunningPolicy(models.Model):
    """How a group of debtors is reminded: an ordered ladder of levels and its conditions."""

    _name = "dunning.policy"
    _description = "Dunning Policy"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    # === FIELDS ===#
    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(
        default=10,
        help="The first policy of the list is the one a company uses when it has not chosen one.",
    )
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        tracking=True,
        help="Leave empty for a policy that every company may use.",
    )
    escalation = fields.Selection(
        [("item", "Each item by itself"), ("debtor", "All items of a debtor together")],
        required=True,
        default="item",
        tracking=True,
        help="Each item by itself: a new overdue invoice starts at the first reminder. Together: "
        "overdue items that are not on hold share one level, and a new one joins at the next; "
        "the oldest due date and the last message count for all. Only the final notice is each "
        "item's own.",
    )
    debtor_domain = fields.Char(
        "Target Group",
        default="[]",
        tracking=True,
        help="Debtors who get this policy by themselves, unless one was chosen by hand. Policies "
        "are tried in the order of the list; the first one whose target group has the debtor "
        "applies. Without conditions the policy is only used by hand or as default.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    level_ids = fields.One2many("dunning.level", "policy_id", string="Levels", copy=True)
    level_count = fields.Integer(compute="_compute_level_count")
    example = fields.Html(
        "An Invoice Due Today",
        compute="_compute_example",
        sanitize=False,
        help="When each level would be sent if the invoice stays open and every message goes out "
        "on time.",
    )
    minimum_amount = fields.Monetary(
        tracking=True,
        help="Nothing is sent to a debtor while what would be reminded stays below this amount "
        "in the company's currency. It counts as soon as more comes due.",
    )
    require_sent = fields.Boolean(
        "Only Invoices That Were Sent",
        default=True,
        tracking=True,
        help="An invoice the customer never received is not reminded; "
        "the reason shown is 'not delivered'.",
    )
    days_after_invoice = fields.Integer(
        "Quiet Days After the Invoice",
        default=3,
        tracking=True,
        help="A reminder before the due date is dropped when it would fall within so many days "
        "of the invoice date.",
    )
    unallocated_hold_days = fields.Integer(
        "Days to Allocate Payments",
        default=7,
        tracking=True,
        help="Money received but not yet allocated holds the debtor's reminders for so many days, "
        "and for as long as it covers everything that is overdue.",
    )
    include_entries = fields.Boolean(
        "Remind Miscellaneous Entries",
        default=True,
        tracking=True,
        help="Also remind open items of miscellaneous entries, such as opening balances. "
        "Odoo excludes these from follow-up by default; that flag is ignored for them.",
    )

    _minimum_amount_positive = models.Constraint(
        "CHECK (minimum_amount >= 0)", "The minimum amount cannot be negative."
    )
    _days_positive = models.Constraint(
        "CHECK (days_after_invoice >= 0 AND unallocated_hold_days >= 0)",
        "The number of days cannot be negative.",
    )

    # === CONSTRAINTS ===#
    @api.constrains("debtor_domain")
    def _check_debtor_domain(self):
        for policy in self:
            try:
                self.env["res.partner"].sudo().search(policy._get_debtor_domain(), limit=1)
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "%(policy)s: the target group cannot be read: %(error)s",
                        policy=policy.name,
                        error=error,
                    )
                ) from error

    @api.constrains("level_ids")
    def _check_levels(self):
        """Refuse a ladder that cannot be climbed in order.

        The levels are read in their sequence: each must come at least as late as the one before
        it and may not be milder, otherwise an item would wait for a level that already passed.
        """
        for policy in self:
            levels = policy._get_ladder()
            for previous, level in zip(levels, levels[1:], strict=False):
                if level.delay_days < previous.delay_days:
                    raise ValidationError(
                        self.env._(
                            "%(policy)s: level “%(level)s” comes %(days)s days after the due "
                            "date, earlier than “%(previous)s” before it (%(previous_days)s). "
                            "Change the order or the days.",
                            policy=policy.name,
                            level=level.name,
                            days=level.delay_days,
                            previous=previous.name,
                            previous_days=previous.delay_days,
                        )
                    )
                if level._get_stage_severity(level.stage) < level._get_stage_severity(
                    previous.stage
                ):
                    raise ValidationError(
                        self.env._(
                            "%(policy)s: level “%(level)s” is milder than “%(previous)s” before "
                            "it. Reminders only grow firmer.",
                            policy=policy.name,
                            level=level.name,
                            previous=previous.name,
                        )
                    )

    # === COMPUTE ===#
    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for policy in self:
            policy.currency_id = (policy.company_id or self.env.company).currency_id

    @api.depends("level_ids.active")
    def _compute_level_count(self):
        for policy in self:
            policy.level_count = len(policy._get_ladder())

    @api.depends(
        "company_id",
        "level_ids.active",
        "level_ids.channel_mask",
        "level_ids.delay_days",
        "level_ids.min_days_after_previous",
        "level_ids.name",
        "level_ids.payment_days",
        "level_ids.release",
        "level_ids.sequence",
        "level_ids.stage",
    )
    @api.depends_context("company", "lang")
    def _compute_example(self):
        """Show on which days an invoice that falls due today would be reminded."""
        for policy in self:
            company = policy.company_id or self.env.company
            today = company._get_dunning_today()
            policy.example = bool(policy._get_ladder()) and self.env["ir.qweb"]._render(
                "account_credit_management.dunning_policy_example",
                {"steps": policy._get_example_steps(company, today), "today": today},
            )

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        return (
            super(
                DunningPolicy,
                self.with_context(dunning_policy_saving=True, dunning_policy_creating=True),
            )
            .create(vals_list)
            .with_env(self.env)
        )

    def write(self, vals):
        archived = self.filtered("active") if vals.get("active") is False else self.browse()
        saving = super(DunningPolicy, self.with_context(dunning_policy_saving=True))
        res = saving.write(vals)
        archived._cancel_unsent()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self.with_context(active_test=False).level_ids._unlink_except_used()

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        if "name" not in (default or {}):
            for policy, vals in zip(self, vals_list, strict=True):
                vals["name"] = self.env._("%s (copy)", policy.name)
        return vals_list

    # === BUSINESS ===#
    def _get_ladder(self):
        """The levels in use, in the order in which they follow each other."""
        self.ensure_one()
        levels = self.level_ids.filtered("active")
        return levels.sorted(lambda level: (level.sequence, level._origin.id or 0))

    def _get_example_steps(self, company, due):
        """On which day each level of an invoice would be sent when it stays open.

        :param datetime.date due: its due date
        :rtype: list[dict] with ``level``, ``day`` and ``days`` after the due date
        """
        steps = []
        previous, sent = self.env["dunning.level"], due
        for level in self._get_ladder():
            day = due + timedelta(days=level.delay_days)
            if previous and previous.stage != "courtesy":
                day = max(day, sent + timedelta(days=level._get_days_to_wait(previous)))
            day = company._get_next_dunning_working_day(day)
            steps.append({"level": level, "day": day, "days": (day - due).days})
            previous, sent = level, day
        return steps

    def _cancel_unsent(self):
        """Archived: what waits to be sent is cancelled, and the next run decides by the policy
        that applies then."""
        for policy in self:
            cancelled = policy.with_context(active_test=False).level_ids._cancel_unsent()
            if cancelled:
                policy._message_log(
                    body=self.env._(
                        "Archived. Reminders that were not sent yet and were cancelled: %s. The "
                        "next run decides anew, by the policy that applies then.",
                        cancelled,
                    )
                )

    @api.model
    def _get_company_domain(self, company):
        """Domain of the policies that ``company`` may use: its own, its parents' and shared."""
        return Domain("company_id", "=", False) | Domain("company_id", "parent_of", company.ids)

    def _get_debtor_domain(self):
        """The target group as a domain on commercial partners; nobody without conditions."""
        self.ensure_one()
        conditions = Domain(literal_eval(self.debtor_domain or "[]"))
        return Domain.FALSE if conditions.is_true() else conditions

    @api.model
    def _get_with_target_group(self, company):
        """Policies of ``company`` that are given out by target group, in their order."""
        return (
            self.sudo()
            .search(self._get_company_domain(company))
            .filtered(lambda policy: not policy._get_debtor_domain().is_false())
        )

    @api.model
    def _get_default(self, company):
        """Return the policy for debtors of ``company`` that have none of their own.

        The company's choice, else the first active policy it may use, so that a fresh company
        works without any setting. Empty when there is none.
        """
        company = company.sudo()
        chosen = company.dunning_policy_id
        return (
            chosen
            if chosen.active
            else self.sudo().search(self._get_company_domain(company), limit=1)
        )
