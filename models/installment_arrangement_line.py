from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

LINE_STATES = [
    ("planned", "Planned"),
    ("due", "Due"),
    ("missed", "Missed"),
    ("partly", "Partly Paid"),
    ("paid", "Paid"),
    ("lapsed", "Lapsed"),
    ("ended", "Ended"),
]


class InstallmentArrangementLine(models.Model):
    """One installment: when it falls due, and how much of it has been paid.

    What was paid on the items of the arrangement is poured over its installments in order, so
    nothing about it is stored.
    """

    _name = "installment.arrangement.line"
    _description = "Installment"
    _order = "arrangement_id, date_due, id"
    _check_company_auto = True

    # === FIELDS ===#
    arrangement_id = fields.Many2one(
        "installment.arrangement", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="arrangement_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="arrangement_id.partner_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="arrangement_id.currency_id")
    date_due = fields.Date("Due On", required=True, index=True)
    date_agreed = fields.Date(
        "First Agreed", readonly=True, help="The due date before it was postponed."
    )
    amount = fields.Monetary(required=True)
    amount_agreed = fields.Monetary(
        "First Agreed Amount",
        readonly=True,
        help="The amount before payments beyond an installment shortened or lowered the plan.",
    )
    amount_paid = fields.Monetary("Paid", compute="_compute_amount_paid", compute_sudo=True)
    amount_left = fields.Monetary("Left", compute="_compute_amount_paid", compute_sudo=True)
    state = fields.Selection(LINE_STATES, compute="_compute_state", compute_sudo=True)
    notified_date = fields.Date(
        readonly=True, copy=False, help="When the debtor was told that it falls due."
    )
    missed_date = fields.Date(
        readonly=True, copy=False, help="From which day on it counts as missed: grace begins."
    )

    _amount_positive = models.Constraint(
        "CHECK (amount >= 0)", "An installment cannot be negative."
    )

    # === COMPUTE ===#
    @api.depends(
        "amount",
        "date_due",
        "arrangement_id.amount_paid",
        "arrangement_id.line_ids.amount",
        "arrangement_id.line_ids.date_due",
    )
    def _compute_amount_paid(self):
        for arrangement, lines in self.grouped("arrangement_id").items():
            parts = arrangement._pour(arrangement.amount_paid)
            for line in lines:
                line.amount_paid = parts.get(line, 0.0)
                line.amount_left = arrangement._from_units(
                    arrangement._to_units(line.amount) - arrangement._to_units(line.amount_paid)
                )

    @api.depends("amount", "amount_left", "amount_paid", "arrangement_id.state", "date_due")
    def _compute_state(self):
        for line in self:
            line.state = line._get_state()

    def _get_state(self):
        """A day that is missed is so from the next working day on: weekends bring no payments."""
        self.ensure_one()
        arrangement = self.arrangement_id
        today = arrangement._get_today()
        if arrangement._to_units(self.amount) == 0:
            return "lapsed" if arrangement.state != "draft" else "planned"
        if arrangement._to_units(self.amount_left) == 0:
            return "paid"
        if arrangement.state in ("broken", "cancelled"):
            return "ended"
        if arrangement.state in ("active", "fulfilled") and self.date_due <= today:
            return "missed" if self._get_missed_from() <= today else "due"
        return "partly" if arrangement._to_units(self.amount_paid) else "planned"

    def _get_missed_from(self):
        """The first working day after the due date."""
        self.ensure_one()
        company = self.company_id
        return company._get_next_dunning_working_day(fields.Date.add(self.date_due, days=1))

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_editable()
        return lines

    def write(self, vals):
        self._check_editable()
        res = super().write(vals)
        if "arrangement_id" in vals:
            self._check_editable()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        self._check_editable()

    # === BUSINESS ===#
    def _postpone(self, day, reason=None):
        """Agree on a later day for an installment that is not paid; the others stay.

        :param datetime.date day: moved to a working day
        :param str reason: for the record
        :raise AccessError: when the plan leaves the rules by it and the user is no manager
        """
        self.ensure_one()
        arrangement = self.arrangement_id
        arrangement.check_access("write")
        arrangement._lock()
        day = arrangement.company_id._get_next_dunning_working_day(day)
        if arrangement.state != "active" or not arrangement._to_units(self.amount_left):
            raise UserError(self.env._("Only an open installment can be postponed."))
        if day <= max(self.date_due, fields.Date.subtract(arrangement._get_today(), days=1)):
            raise UserError(self.env._("Choose a later day."))
        before, rules = self.date_due, arrangement._check_rules()
        self._with_gate_open().write(
            {
                "date_due": day,
                "date_agreed": self.date_agreed or before,
                "missed_date": False,
                "notified_date": False,
            }
        )
        if set(arrangement._check_rules()) - set(rules):
            # The same people as for a plan that would have been like this from the start.
            arrangement._with_gate_open().approved_by_id = False
            arrangement._check_granted()
        arrangement._close_cured_calls()
        arrangement.sudo()._message_log(
            body=self.env._(
                "%(amount)s was postponed from %(before)s to %(after)s. %(reason)s",
                amount=self.currency_id.format(self.amount_left),
                before=format_date(self.env, before),
                after=format_date(self.env, day),
                reason=reason or "",
            )
        )

    def _with_gate_open(self):
        """These installments, to be written by their arrangement."""
        return self.with_env(self.arrangement_id._with_gate_open().env)

    def _check_editable(self):
        """Installments are those that were offered, unless the arrangement itself changes them."""
        if self.arrangement_id._is_gate_open():
            return
        for arrangement in self.arrangement_id:
            arrangement._check_writable({"line_ids": True})
            if arrangement.approved_by_id:
                arrangement._with_gate_open().approved_by_id = False
