import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# Firmness of a level, mild to firm. The position counts in `severity`.
STAGES = [
    ("courtesy", "Before due"),
    ("reminder", "Reminder"),
    ("firm", "Firm reminder"),
    ("final", "Final notice"),
    ("handover", "Hand-over"),
]
# Levels within one stage are told apart by their position in the policy.
STAGE_WEIGHT = 1000

# Channels in the order of fall-back; each has its flag `use_<channel>` on level and notice.
CHANNELS = [
    ("email", "E-mail"),
    ("letter", "Letter"),
    ("sms", "Text message"),
    ("call", "Phone call"),
    ("visit", "Visit"),
]
# The decision compares what a level wants with what a debtor has as sets of bits.
CHANNEL_BITS = {channel: 1 << position for position, (channel, _label) in enumerate(CHANNELS)}


class DunningLevel(models.Model):
    """One step of a policy: when it comes, how it is sent and what it says."""

    _name = "dunning.level"
    _description = "Dunning Level"
    _order = "policy_id, sequence, id"

    # === FIELDS ===#
    policy_id = fields.Many2one("dunning.policy", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="policy_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    name = fields.Char(required=True, translate=True)
    stage = fields.Selection(
        STAGES,
        required=True,
        compute="_compute_stage",
        store=True,
        readonly=False,
        precompute=True,
        help="How firm this level is. An item never goes back to a milder level, "
        "also when its debtor changes policy.",
    )
    severity = fields.Integer(
        compute="_compute_severity",
        store=True,
        help="Order of firmness over all policies: stage first, then position in the policy.",
    )
    delay_days = fields.Integer(
        "Days After Due", required=True, help="Negative: days before the due date."
    )
    min_days_after_previous = fields.Integer(
        "Minimum Gap",
        default=7,
        help="Days that must have passed since the previous reminder was really sent.",
    )
    payment_days = fields.Integer(
        "Days to Pay",
        default=7,
        help="The term that the message gives the debtor. "
        "The next level never comes before it has passed.",
    )
    print_pay_before = fields.Boolean(
        "Names a Date",
        default=True,
        help="The message names the last day to pay. Off: its text gives a term from receipt, "
        "for which the days to pay above must leave room, and no date is printed.",
    )
    release = fields.Selection(
        [("auto", "Automatic"), ("manual", "By hand")],
        required=True,
        compute="_compute_release",
        store=True,
        readonly=False,
        precompute=True,
        help="By hand: notices of this level wait until someone has released them.",
    )
    use_email = fields.Boolean("E-mail", default=True)
    use_letter = fields.Boolean("Letter", default=False)
    use_sms = fields.Boolean("Text Message", default=False)
    use_call = fields.Boolean(
        "Phone Call", help="An activity with the script of this level, for whom it is assigned to."
    )
    use_visit = fields.Boolean("Visit", help="An activity to go and see the debtor.")
    preferred_channel = fields.Selection(
        CHANNELS,
        "Tried First",
        help="The channel to begin with. The others follow in the order e-mail, letter, text "
        "message, phone call, visit when an address is missing or does not work.",
    )
    channel_mask = fields.Integer(compute="_compute_channel_mask", store=True)
    preferred_mask = fields.Integer(compute="_compute_channel_mask", store=True)
    channel_mode = fields.Selection(
        [("first", "First one possible"), ("all", "All that are possible")],
        string="Channels Used",
        required=True,
        default="first",
        help="First one possible: an e-mail, or a letter to a debtor without e-mail address.",
    )
    attach_letter = fields.Boolean(default=True, help="The e-mail carries the letter as PDF.")
    mail_template_id = fields.Many2one(
        "mail.template",
        "Text",
        domain=[("model", "=", "dunning.notice")],
        ondelete="restrict",
        help="Text of e-mail and letter, in every language. Empty: the text of the stage.",
    )

    sms_template_id = fields.Many2one(
        "sms.template",
        "Text of Text Messages",
        domain=[("model", "=", "dunning.notice")],
        ondelete="restrict",
        help="Empty: the text of the stage.",
    )
    call_script = fields.Html(
        translate=True,
        help="What to say in a call or visit of this level. Shown with the activity.",
    )
    contact_role = fields.Selection(
        [
            ("reminder", "Contact for reminders, else the invoice address"),
            ("invoice", "Invoice address"),
            ("debtor", "The debtor itself"),
        ],
        "Addressed to",
        required=True,
        default="reminder",
    )
    copy_salesperson = fields.Boolean(
        "Salesperson in Copy", help="The salesperson of the debtor gets a copy of the e-mail."
    )
    hold_orders = fields.Boolean(
        "Hold New Orders",
        help="From this level on salespeople see that new orders of the debtor have to wait.",
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        "Next Step",
        ondelete="restrict",
        domain="['|', ('res_model', '=', False), ('res_model', '=', 'res.partner')]",
        help="An activity on the debtor, made when this level was sent.",
    )
    activity_assignee = fields.Selection(
        [("contact", "Contact for debtors"), ("salesperson", "Salesperson")],
        "Assigned to",
        required=True,
        default="contact",
        help="Who gets the calls, visits and next steps of this level.",
    )
    accent_color = fields.Char(
        help="For the amounts that matter in the texts of this level. "
        "Empty: the color of the house style.",
    )

    _gap_positive = models.Constraint(
        "CHECK (min_days_after_previous >= 0 AND payment_days >= 0)",
        "The number of days cannot be negative.",
    )
    _days_sensible = models.Constraint(
        "CHECK (delay_days BETWEEN -365 AND 3650)",
        "A level comes at most one year before and ten years after the due date.",
    )

    # === CONSTRAINTS ===#
    @api.constrains("delay_days", "stage")
    def _check_stage(self):
        for level in self:
            if (level.delay_days < 0) != (level.stage == "courtesy"):
                raise ValidationError(
                    self.env._(
                        "Level “%s”: a message before the due date is of the stage “Before due”, "
                        "and only that one comes before the due date.",
                        level.name,
                    )
                )

    @api.constrains(*(f"use_{channel}" for channel in CHANNEL_BITS), "stage", "active")
    def _check_channels(self):
        for level in self:
            if level.active and level.stage != "handover" and not level._get_channel_fields():
                raise ValidationError(
                    self.env._("Level “%s” has no channel: choose at least one.", level.name)
                )

    @api.constrains("accent_color")
    def _check_accent_color(self):
        """It ends up in the style sheets of e-mails and letters."""
        for level in self:
            if level.accent_color and not re.fullmatch("#[0-9A-Fa-f]{6}", level.accent_color):
                raise ValidationError(
                    self.env._(
                        "Level “%(level)s”: the accent color has to look like #c0392b, "
                        "not “%(color)s”.",
                        level=level.name,
                        color=level.accent_color,
                    )
                )

    # === COMPUTE ===#
    @api.depends("delay_days")
    def _compute_stage(self):
        for level in self:
            if level.delay_days < 0:
                level.stage = "courtesy"
            elif not level.stage or level.stage == "courtesy":
                level.stage = "reminder"

    @api.depends("stage")
    def _compute_release(self):
        """Final notices and hand-over are released by hand unless the administrator says else."""
        for level in self:
            if not level.release:
                level.release = "manual" if level.stage in ("final", "handover") else "auto"

    @api.onchange("stage")
    def _onchange_stage(self):
        if self.stage in ("final", "handover"):
            self.release = "manual"

    @api.depends(*(f"use_{channel}" for channel in CHANNEL_BITS), "preferred_channel")
    def _compute_channel_mask(self):
        for level in self:
            level.channel_mask = sum(
                bit for channel, bit in CHANNEL_BITS.items() if level[f"use_{channel}"]
            )
            level.preferred_mask = CHANNEL_BITS.get(level.preferred_channel, 0)

    @api.depends("stage", "policy_id.level_ids.sequence", "policy_id.level_ids.active")
    def _compute_severity(self):
        for policy, levels in self.grouped("policy_id").items():
            siblings = policy.with_context(active_test=False).level_ids | levels
            order = siblings.sorted(lambda level: (level.sequence, level._origin.id or 0))
            for position, level in enumerate(order, start=1):
                if level in levels:
                    level.severity = self._get_stage_severity(level.stage) + position

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        levels = super().create(vals_list)
        levels._check_policy()
        return levels

    def write(self, vals):
        res = super().write(vals)
        self._check_policy()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """What was sent remains readable: a level that was used is archived, not deleted."""
        if (
            self.env["dunning.notice.line"]
            .sudo()
            .search_count([("level_id", "in", self.ids)], limit=1)
        ):
            raise UserError(
                self.env._("This level was used in reminders. Archive it instead of deleting it.")
            )

    # === BUSINESS ===#
    def _check_policy(self):
        """Check the ladder, unless the policy's form is still saving its other levels."""
        if not self.env.context.get("dunning_policy_saving"):
            self.policy_id._check_levels()

    @api.model
    def _get_stage_severity(self, stage):
        """Severity at which a stage begins; its levels follow in the order of their policy."""
        return [key for key, _label in STAGES].index(stage) * STAGE_WEIGHT

    def _get_days_to_wait(self, previous):
        """Days between the sending of the level before this one and this one: its gap, and
        never within the term that the previous message gave."""
        self.ensure_one()
        return max(self.min_days_after_previous, previous.payment_days + 1)

    def _get_channel_fields(self):
        """Names of the channel flags that are on, in the order in which they are tried."""
        self.ensure_one()
        return [f"use_{channel}" for channel in CHANNEL_BITS if self[f"use_{channel}"]]

    def _get_mail_template(self):
        """Return the text of this level: its own, else the default text of its stage."""
        self.ensure_one()
        return self.mail_template_id or self.env.ref(
            f"account_credit_management.mail_template_{self.stage}", raise_if_not_found=False
        )

    def _get_sms_template(self):
        """Return the text message of this level: its own, else the default of its stage."""
        self.ensure_one()
        return self.sms_template_id or self.env.ref(
            f"account_credit_management.sms_template_{self.stage}", raise_if_not_found=False
        )
