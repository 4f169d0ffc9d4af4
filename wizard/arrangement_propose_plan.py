from datetime import timedelta
from math import ceil

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..calc.schedule import due_dates

# The first payment is asked for after so many days, on a working day.
DEFAULT_FIRST_DAYS = 7


class ArrangementPropose(models.TransientModel):
    """How the dialog divides an amount, and what is wrong with what was entered."""

    _inherit = "arrangement.propose"

    # === COMPUTE ===#
    @api.depends("company_id")
    def _compute_first_due(self):
        for wizard in self:
            company = wizard.company_id or self.env.company
            day = company._get_dunning_today() + timedelta(days=DEFAULT_FIRST_DAYS)
            wizard.first_due = company._get_next_dunning_working_day(day)

    @api.depends("divide_by")
    def _compute_amount(self):
        """Begin with about what the installments are now, in whole units."""
        for wizard in self:
            if wizard.divide_by == "amount" and not wizard.amount:
                wizard.amount = ceil(wizard.amount_total / max(wizard.count, 1))
            else:
                wizard.amount = wizard.amount

    @api.depends(
        "amount",
        "amount_total",
        "company_id",
        "count",
        "currency_id",
        "divide_by",
        "first_amount",
        "first_due",
        "interval",
    )
    def _compute_line_ids(self):
        for wizard in self:
            if wizard.interval == "custom":
                # Days and amounts are the user's from here on.
                wizard.line_ids = wizard.line_ids
                continue
            schedule, _problem = wizard._get_schedule()
            wizard.line_ids = [
                Command.clear(),
                *(Command.create({"date_due": due, "amount": part}) for due, part in schedule),
            ]

    # === BUSINESS ===#
    def _get_schedule(self):
        """Divide the amount as asked.

        :return: pairs of a due date and an amount, and the sentence that says why there are none
        """
        self.ensure_one()
        if not self.currency_id:
            return [], self.env._("Items are open in several currencies. Choose one of them.")
        if not self.first_due or self.first_due < self.company_id._get_dunning_today():
            return [], self.env._("The first payment is on a day to come.")
        try:
            return self._divide(), False
        except UserError as error:
            return [], str(error)

    def _divide(self):
        plan = self.env["installment.arrangement"]._get_schedule
        by_amount = self.divide_by == "amount"
        if by_amount and self.currency_id.compare_amounts(self.amount, 0) <= 0:
            raise UserError(self.env._("Enter the amount of each installment."))
        if self.currency_id.compare_amounts(self.first_amount, 0) < 0:
            raise UserError(self.env._("The first amount cannot be negative."))
        schedule = plan(
            self.company_id,
            self.currency_id,
            self.amount_total,
            count=None if by_amount else self.count,
            amount=self.amount if by_amount else None,
            first_due=self.first_due,
            interval="month" if self.interval == "month" else "week",
            first_amount=self.first_amount,
        )
        if self.interval != "two_weeks":
            return schedule
        # The amounts are the same, every other week.
        count = len(schedule)
        every_other = plan(
            self.company_id,
            self.currency_id,
            self.amount_total,
            dates=due_dates(self.first_due, 2 * count - 1, "week")[::2],
            first_amount=self.first_amount,
        )
        return [
            (due, part) for (due, _equal), (_week, part) in zip(every_other, schedule, strict=True)
        ]

    def _get_problem(self):
        """Why this cannot become an arrangement, in a sentence; False when it can."""
        self.ensure_one()
        problem = self._get_item_problem()
        if problem or self.interval == "custom":
            return problem or self._get_line_problem()
        return self._get_schedule()[1]

    def _get_item_problem(self):
        if not self.currency_id:
            return self._get_schedule()[1]
        compare = self.currency_id.compare_amounts
        ticked = self.item_ids.filtered("selected")
        if not ticked:
            return self.env._("Tick at least one item.")
        for item in ticked:
            if compare(item.amount, 0) <= 0 or compare(item.amount, item.residual) > 0:
                return self.env._(
                    "Of %(invoice)s %(residual)s is open: enter an amount up to that.",
                    invoice=item.move_name,
                    residual=self.currency_id.format(item.residual),
                )
        if min(self.amount_interest, self.amount_costs) < 0:
            return self.env._("Interest and costs are on top: they cannot be negative.")
        return self._get_charge_problem()

    def _get_line_problem(self):
        """What is wrong with installments that were entered by hand."""
        compare = self.currency_id.compare_amounts
        days = self.line_ids.mapped("date_due")
        if not days or not all(days):
            return self.env._("Enter the day of each installment.")
        if min(days) < self.company_id._get_dunning_today():
            return self.env._("Installments are on days to come.")
        if len(set(days)) < len(days):
            return self.env._("Two installments are on the same day.")
        if any(compare(line.amount, 0) <= 0 for line in self.line_ids):
            return self.env._("Enter the amount of each installment.")
        rest = self.amount_rest
        if compare(rest, 0) > 0:
            return self.env._("%s is not planned yet.", self.currency_id.format(rest))
        if compare(rest, 0) < 0:
            return self.env._(
                "The installments are %s more than what is to be paid.",
                self.currency_id.format(-rest),
            )
        return False
