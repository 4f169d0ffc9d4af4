from contextlib import closing

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize

from ..models.dunning_policy_profile import TONES
from ..models.dunning_profile import PROFILES, get_default_keys

STEPS = [
    ("customers", "Customers"),
    ("tone", "Tone and Sender"),
    ("begin", "How to Begin"),
    ("finish", "Check and Finish"),
]
# Beyond this number of open items only the way to begin that was chosen is counted.
LARGE_LEDGER = 200000
# Good manners as a beginning: office hours, and two messages a week at most.
SEND_FROM, SEND_UNTIL, WEEKLY_CAP = 8.0, 20.0, 2


class DunningSetup(models.TransientModel):
    """Four questions, and reminders can begin. Run again it changes what it made before.

    Nothing is written before the last step, and nothing is ever sent from here.
    """

    _name = "dunning.setup"
    _description = "Setup Assistant of Credit Management"

    # === FIELDS ===#
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    step = fields.Selection(STEPS, required=True, default="customers", readonly=True)
    again = fields.Boolean(related="company_id.dunning_setup_done")

    # Step 1.
    profile_nl_business = fields.Boolean("Businesses in the Netherlands")
    profile_nl_consumer = fields.Boolean("Consumers in the Netherlands")
    profile_be_business = fields.Boolean("Businesses in Belgium")
    profile_be_consumer = fields.Boolean("Consumers in Belgium")
    profile_eu = fields.Boolean("Customers in other countries of the EU")
    profile_plain = fields.Boolean("Customers anywhere")
    has_policies = fields.Boolean(compute="_compute_has_policies")
    reset_levels = fields.Boolean(
        "Put the levels back",
        help="Levels that were changed since the assistant made them become as shown here.",
    )

    # Step 2.
    tone = fields.Selection(TONES, required=True, default="formal")
    user_id = fields.Many2one(
        "res.users",
        "Whom Debtors Can Call",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    reply_email = fields.Char("Replies Go to")
    letter_window = fields.Selection(
        [("left", "Left"), ("right", "Right")], "Window of Your Envelopes", required=True
    )
    accent_color = fields.Char()

    # Step 3.
    begin = fields.Selection("_get_begins", "Overdue Already", required=True, default="first")
    start_date = fields.Date(required=True)
    minimum_amount = fields.Monetary()
    forecast = fields.Json(readonly=True)

    # Step 4.
    test_mode = fields.Boolean()
    test_email = fields.Char("Test Address")
    daily = fields.Boolean("Daily Reminders")
    can_set_daily = fields.Boolean(compute="_compute_can_set_daily")
    send_from = fields.Float()
    send_until = fields.Float()
    weekly_cap = fields.Integer("Messages per Week")

    # === COMPUTE ===#
    @api.depends("step")
    def _compute_display_name(self):
        self.display_name = self.env._("Setup Assistant")

    @api.depends("company_id")
    def _compute_has_policies(self):
        for setup in self:
            setup.has_policies = bool(
                self.env["dunning.policy"]._get_with_profile(setup.company_id)
            )

    @api.depends("company_id")
    @api.depends_context("uid")
    def _compute_can_set_daily(self):
        """The daily reminders hold for all companies: whoever switches them speaks for all."""
        companies = self.env["res.company"].sudo().search([])
        self.can_set_daily = (
            self.env.user.has_group("base.group_system") or companies <= self.env.user.company_ids
        )

    # === CRUD ===#
    @api.model
    def default_get(self, fields):
        # OVERRIDE: what the company has now, else what suits its country
        company = self.env.company
        defaults = {
            **super().default_get(fields),
            **self._prepare_profile_values(company),
            **self._prepare_company_defaults(company),
        }
        return {name: value for name, value in defaults.items() if name in fields}

    # === ACTIONS ===#
    @api.model
    def action_start(self):
        """Open the app: managers of a company that was not set up get the assistant, salespeople
        the credit of their customers."""
        manager = self.env.user.has_group("account_credit_management.group_manager")
        if manager and not self.env.company.dunning_setup_done:
            return self._get_open_action()
        collector = self.env.user.has_group("account_credit_management.group_collector")
        first = "action_dunning_run" if collector else "action_debtor_position"
        return self.env["ir.actions.actions"]._for_xml_id(f"account_credit_management.{first}")

    def action_next(self):
        self._check_step()
        if self.step == "tone" or (self.step == "begin" and self._is_forecast_outdated()):
            self._update_forecast()
        self._move(1)

    def action_back(self):
        self._move(-1)

    def action_update_forecast(self):
        self._update_forecast()

    def action_skip(self):
        """Work without the assistant; it stays in the menu."""
        self._check_allowed()
        self.company_id.sudo().dunning_setup_done = True
        return self.action_start()

    def action_finish(self):
        """Write everything and show what the first run would send."""
        for key, _label in STEPS:
            self._check_step(key)
        self._apply()
        if self.can_set_daily:
            self.env.ref("account_credit_management.ir_cron_run_dunning").sudo().active = self.daily
        self.company_id.sudo().write(
            {
                "dunning_test_mode": self.test_mode,
                "dunning_test_email": self.test_email,
                "dunning_send_from": self.send_from,
                "dunning_send_until": self.send_until,
                "dunning_weekly_cap": self.weekly_cap,
                "dunning_setup_done": True,
            }
        )
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_credit_management.action_dunning_item"
        )
        context = {"search_default_remind": 1, "search_default_group_level": 1}
        return {**action, "context": context, "target": "main"}

    # === BUSINESS: STEPS ===#
    @api.model
    def _get_open_action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Setup Assistant"),
            "res_model": self._name,
            "res_id": self.create({}).id,
            "view_mode": "form",
            "target": "main",
        }

    def _move(self, distance):
        self.ensure_one()
        steps = [key for key, _label in STEPS]
        position = steps.index(self.step) + distance
        self.step = steps[max(0, min(position, len(steps) - 1))]

    def _check_allowed(self):
        """Companies are written with superuser rights: look who asks, and for which one."""
        self.ensure_one()
        if not self.env.user.has_group("account_credit_management.group_manager"):
            raise AccessError(self.env._("Only managers of credit management can set it up."))
        if self.company_id not in self.env.user.company_ids:
            raise AccessError(
                self.env._("%s is not one of your companies.", self.company_id.sudo().name)
            )

    def _check_step(self, step=None):
        """Refuse to go on from a step with answers that cannot work."""
        self._check_allowed()
        match step or self.step:
            case "customers":
                if not self._get_profile_keys():
                    raise UserError(self.env._("Tick at least one kind of customers."))
            case "tone":
                self._check_email(self.reply_email, self._fields["reply_email"].string)
            case "begin":
                if self.minimum_amount < 0:
                    raise UserError(self.env._("The minimum amount cannot be negative."))
            case "finish":
                self._check_email(self.test_email, self._fields["test_email"].string)
                if not 0 <= self.send_from < self.send_until <= 24:
                    raise UserError(
                        self.env._("The hours of sending have to be in order, from 0:00 to 24:00.")
                    )
                if self.weekly_cap < 0:
                    raise UserError(self.env._("The number of messages cannot be negative."))

    def _check_email(self, email, label):
        if email and not email_normalize(email):
            raise UserError(
                self.env._("%(field)s: “%(email)s” is no e-mail address.", field=label, email=email)
            )

    # === BUSINESS: DEFAULTS ===#
    @api.model
    def _get_begins(self):
        """The ways to begin that a company can choose, in the user's language."""
        begin = self.env["res.company"]._fields["dunning_begin"]
        return begin._description_selection(self.env)

    def _get_profile_keys(self):
        """The profiles that are ticked, in the order in which they are offered."""
        self.ensure_one()
        return [key for key in PROFILES if self[f"profile_{key}"]]

    @api.model
    def _prepare_profile_values(self, company):
        policies = self.env["dunning.policy"]._get_with_profile(company).filtered("active")
        keys = policies.mapped("profile")
        if not keys:
            country = company.sudo().country_id
            keys = get_default_keys(country.code, "EU" in country.country_group_ids.mapped("code"))
        levels = policies.level_ids
        informal = [
            text
            for text in levels.mail_template_id.get_external_id().values()
            if text.startswith("account_credit_management.") and text.endswith("_informal")
        ]
        colors = set(levels.mapped("accent_color"))
        return {
            **{f"profile_{key}": key in keys for key in PROFILES},
            "tone": "informal" if informal else "formal",
            "accent_color": len(colors) == 1 and colors.pop(),
            "minimum_amount": max(policies.mapped("minimum_amount"), default=0.0),
        }

    @api.model
    def _prepare_company_defaults(self, company):
        company = company.sudo()
        done = company.dunning_setup_done
        right = company.country_id.code in ("BE", "FR")
        overdue = bool(self._get_overdue(company)[0])
        cron = self.env.ref("account_credit_management.ir_cron_run_dunning").sudo()
        return {
            "company_id": company.id,
            "user_id": company.dunning_user_id.id or self.env.user.id,
            "reply_email": company.dunning_reply_email,
            "letter_window": "right" if right and not done else company.dunning_letter_window,
            "begin": company.dunning_begin,
            "start_date": company.dunning_start_date or company._get_dunning_today(),
            "test_mode": company.dunning_test_mode if done else overdue,
            "test_email": company.dunning_test_email or self.env.user.email,
            "daily": cron.active or not (done or overdue),
            "send_from": company.dunning_send_from if done else SEND_FROM,
            "send_until": company.dunning_send_until if done else SEND_UNTIL,
            "weekly_cap": company.dunning_weekly_cap if done else WEEKLY_CAP,
        }

    @api.model
    def _get_overdue(self, company):
        """Number of overdue items of a company, of their debtors, and their amount.

        The amount is in the company's currency.
        """
        ((items, debtors, amount),) = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                self._get_overdue_domain(company),
                [],
                ["__count", "partner_id:count_distinct", "amount_residual:sum"],
            )
        )
        return items, debtors, amount or 0.0

    @api.model
    def _get_overdue_domain(self, company):
        accounts = self.env["dunning.decision"]._get_receivable_accounts(company)
        return [
            ("account_id", "in", accounts.ids),
            ("company_id", "=", company.id),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("amount_residual", ">", 0),
            ("date_maturity", "<", company._get_dunning_today()),
        ]

    # === BUSINESS: APPLICATION ===#
    def _apply(self):
        """Make the policies and write what decides about reminders."""
        self._check_allowed()
        policies = self.env["dunning.policy"]._apply_profiles(
            self.company_id,
            self._get_profile_keys(),
            self.tone,
            accent_color=self.accent_color,
            reset=self.reset_levels,
        )
        policies.minimum_amount = self.minimum_amount
        self.company_id.sudo().write(self._prepare_company_values(policies[-1:]))

    def _prepare_company_values(self, policy):
        return {
            "dunning_policy_id": policy.id,
            "dunning_user_id": self.user_id.id,
            "dunning_reply_email": self.reply_email,
            "dunning_letter_window": self.letter_window,
            "dunning_begin": self.begin,
            "dunning_start_date": self.start_date,
        }

    # === BUSINESS: FORECAST ===#
    def _is_forecast_outdated(self):
        answers = (self.forecast or {}).get("answers")
        return answers != self._get_forecast_answers()

    def _get_forecast_answers(self):
        """What the figures depend on besides the way to begin."""
        return [fields.Date.to_string(self.start_date), self.minimum_amount]

    def _update_forecast(self):
        """Count what the first run would send under each way to begin.

        Everything is written as it would be in the end, counted, and rolled back: the figures
        come from the decision itself.
        """
        self._check_allowed()
        company = self.company_id
        day = company._get_dunning_today()
        items, debtors, amount = self._get_overdue(company)
        begins = [key for key, _label in self._get_begins()]
        if items > LARGE_LEDGER:
            begins = [self.begin]
        counts = {}
        with closing(self.env.cr.savepoint()):
            self._apply()
            for begin in begins:
                company.sudo().dunning_begin = begin
                forecast = self.env["dunning.run"]._get_forecast(company, day)
                counts[begin] = {
                    "levels": self._group_by_level(forecast["levels"]),
                    "reasons": forecast["reasons"],
                }
        self.forecast = {
            "answers": self._get_forecast_answers(),
            "overdue": [items, debtors, amount],
            "counts": counts,
        }

    @api.model
    def _group_by_level(self, rows):
        """Add up levels of the same name in different policies: (name, by hand, messages)."""
        groups = {}
        for level_id, messages, _items in rows:
            level = self.env["dunning.level"].sudo().browse(level_id)
            key = (level.name, level.release == "manual")
            groups[key] = groups.get(key, 0) + messages
        return [[name, manual, messages] for (name, manual), messages in groups.items()]
