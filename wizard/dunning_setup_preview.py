from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ..models.dunning_profile import PROFILES, STAGE_NAMES
from .dunning_setup import STEPS


class DunningSetup(models.TransientModel):
    """What the assistant shows: levels, an example, what the first run would do."""

    _inherit = "dunning.setup"

    # === FIELDS ===#
    progress = fields.Html(compute="_compute_progress", sanitize=False)
    levels_preview = fields.Html(compute="_compute_levels_preview", sanitize=False)
    mail_subject = fields.Char("Subject", compute="_compute_mail_preview")
    mail_preview = fields.Html(compute="_compute_mail_preview", sanitize=False)
    begin_preview = fields.Html(compute="_compute_begin_preview", sanitize=False)

    # === COMPUTE ===#
    @api.depends("step")
    @api.depends_context("lang")
    def _compute_progress(self):
        labels = self._fields["step"]._description_selection(self.env)
        keys = [key for key, _label in STEPS]
        for setup in self:
            position = keys.index(setup.step)
            setup.progress = setup._render_view(
                "dunning_setup_progress", labels=[label for _key, label in labels], now=position
            )

    @api.depends(lambda self: [f"profile_{key}" for key in PROFILES] + ["reset_levels"])
    @api.depends_context("lang")
    def _compute_levels_preview(self):
        for setup in self:
            setup.levels_preview = setup._render_view(
                "dunning_setup_levels", policies=setup._get_policy_rows()
            )

    @api.depends("tone", "user_id", "reply_email", "accent_color")
    @api.depends_context("lang")
    def _compute_mail_preview(self):
        for setup in self:
            try:
                setup.mail_subject, setup.mail_preview = setup._render_example()
            except UserError as error:
                setup.mail_subject, setup.mail_preview = False, str(error)

    @api.depends("forecast", "begin", "start_date", "minimum_amount")
    @api.depends_context("lang")
    def _compute_begin_preview(self):
        for setup in self:
            forecast = setup.forecast or {}
            setup.begin_preview = forecast and setup._render_view(
                "dunning_setup_begin",
                overdue=setup._get_overdue_values(),
                outdated=setup._is_forecast_outdated(),
                choices=[
                    {
                        "key": key,
                        "label": label,
                        "levels": forecast["counts"][key]["levels"],
                        "total": sum(row[2] for row in forecast["counts"][key]["levels"]),
                    }
                    for key, label in setup._get_begins()
                    if key in forecast["counts"]
                ],
                reasons=setup._get_reason_rows(),
            )

    # === BUSINESS ===#
    def _render_view(self, view, **values):
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            f"account_credit_management.{view}", {"setup": self, **values}
        )

    # === BUSINESS: LEVELS ===#
    def _get_policy_rows(self):
        """The policies that are ticked with their debtors and levels, most specific first."""
        self.ensure_one()
        keys = self._get_profile_keys()
        if not keys:
            return []
        policies = {
            policy.profile: policy
            for policy in self.env["dunning.policy"]._get_with_profile(self.company_id)
        }
        rows = []
        for target in self.env["dunning.policy"]._get_targets(self.company_id, keys):
            policy = policies.get(target.key)
            keep = policy and not self.reset_levels
            rows.append(
                {
                    "name": policy.name if policy else self.env._(PROFILES[target.key].label),
                    "target": target.label,
                    "hint": False if keep else self.env._(PROFILES[target.key].hint),
                    "consumer": PROFILES[target.key].kind == "consumer",
                    "kept": keep,
                    "levels": [
                        self._prepare_level_row(level)
                        for level in (
                            policy.level_ids.sorted("sequence")
                            if keep
                            else self._get_profile_levels(target.key)
                        )
                    ],
                }
            )
        return rows

    def _get_profile_levels(self, key):
        """The levels that a profile would make, in memory."""
        levels = self.env["dunning.level"]
        policies = self.env["dunning.policy"]
        for position, step in enumerate(PROFILES[key].steps, start=1):
            values = policies._prepare_level_values(step, position, self.tone)
            name = self.env._(STAGE_NAMES[step.stage])
            levels |= levels.new({**values, "name": name})
        return levels

    def _prepare_level_row(self, level):
        labels = level._fields["preferred_channel"]._description_selection(self.env)
        channels = [label for channel, label in labels if level[f"use_{channel}"]]
        joint = " + " if level.channel_mode == "all" else self.env._(", else ")
        days = level.delay_days
        return {
            "name": level.name,
            "when": self.env._("%s days before due", -days)
            if days < 0
            else self.env._("%s days late", days),
            "channels": joint.join(channels) or "–",
            "by_hand": level.release == "manual",
        }

    # === BUSINESS: EXAMPLE ===#
    def _render_example(self):
        """Render the first reminder as a debtor would read it: of the one who is overdue
        longest, else an invented one. Nothing is stored.

        :return: subject and body
        """
        self.ensure_one()
        notice = self.env["dunning.notice"]._new_example(
            self._new_example_level(),
            self.company_id,
            self.env.lang or "en_US",
            self._find_example_debtor(),
        )
        user, company = self.user_id.sudo(), self.company_id.sudo()
        phone, email = user.phone or company.phone, user.email or company.email
        if user:
            notice.user_id = user
        notice.contact_phone, notice.contact_email = phone, email
        notice.contact_details = ", ".join(
            filter(None, (notice.user_id.name or company.name, phone, email))
        )
        return notice._render_example("email")

    def _new_example_level(self):
        """The first reminder of the simplest profile, in memory."""
        policies = self.env["dunning.policy"]
        (step,) = (step for step in PROFILES["plain"].steps if step.stage == "reminder")
        values = policies._prepare_level_values(step, 1, self.tone)
        return self.env["dunning.level"].new({**values, "accent_color": self.accent_color})

    def _find_example_debtor(self):
        company = self.company_id
        item = (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    *self._get_overdue_domain(company),
                    ("move_id.move_type", "=", "out_invoice"),
                    ("partner_id", "!=", False),
                ],
                order="date_maturity, id",
                limit=1,
            )
        )
        return item.partner_id.commercial_partner_id

    # === BUSINESS: FIRST RUN ===#
    def _get_overdue_values(self):
        items, debtors, amount = self.forecast["overdue"]
        currency = self.company_id.currency_id
        return {
            "items": items,
            "debtors": debtors,
            "amount": formatLang(self.env, amount, currency_obj=currency),
        }

    def _get_reason_rows(self):
        """What the first run leaves alone when it begins as chosen: (label, items, debtors)."""
        labels = self.env["dunning.decision"]._get_reason_labels()
        return [
            (labels[code], items, debtors)
            for code, items, debtors in self._get_counts().get("reasons", ())
        ]

    def _get_counts(self):
        """The figures of the way to begin that was chosen."""
        return ((self.forecast or {}).get("counts") or {}).get(self.begin) or {}
