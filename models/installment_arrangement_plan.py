from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..calc.schedule import allocate, installments, installments_of, on_working_days

# Weekly installments of ten years; anything longer is a mistake in a field.
MAX_COUNT = 520
# No closure of a company is longer: after it a due date finds its working day.
LONGEST_CLOSURE = 62


class InstallmentArrangement(models.Model):
    """The schedule: amounts that add up to the smallest unit of the currency, on working days."""

    _inherit = "installment.arrangement"

    # === BUSINESS ===#
    def _plan(
        self,
        count=None,
        amount=None,
        first_due=None,
        interval="month",
        first_amount=None,
        dates=None,
    ):
        """Replace the installments of a draft by a new schedule.

        See :meth:`_get_schedule` for the parameters; the amounts are in the currency of the
        arrangement.

        :return: the installments
        """
        self.ensure_one()
        schedule = self._get_schedule(
            self.company_id,
            self.currency_id,
            self.amount_total,
            count=count,
            amount=amount,
            first_due=first_due,
            interval=interval,
            first_amount=first_amount,
            dates=dates,
        )
        self.line_ids = [
            Command.clear(),
            *(Command.create({"date_due": due, "amount": part}) for due, part in schedule),
        ]
        return self.line_ids

    @api.model
    def _get_schedule(
        self,
        company,
        currency,
        total,
        count=None,
        amount=None,
        first_due=None,
        interval="month",
        first_amount=None,
        dates=None,
    ):
        """Divide an amount into installments on working days of a company.

        :param float total: in ``currency``, above 0
        :param int count: number of installments; or
        :param float amount: of each installment, the last one being the rest; or
        :param list dates: due dates in ascending order
        :param datetime.date first_due: empty for the first of ``dates``, else required
        :param str interval: ``week`` or ``month``
        :param float first_amount: of the first installment, if it is another
        :return: pairs (due, amount) that add up to ``total`` exactly
        :rtype: list[tuple[datetime.date, float]]
        :raise UserError: when what is asked for makes no schedule
        """
        unit = currency.rounding
        units = self._count_units(currency, total)
        first = self._count_units(currency, first_amount) if first_amount else None
        self._check_schedule_input(units, first, count, amount, first_due, dates, currency)
        try:
            if amount:
                part = self._count_units(currency, amount)
                schedule = installments_of(units, part, first_due, interval, first, 0)
            elif dates:
                schedule = installments(units, len(dates), dates[0], dates[1:], first, 0)
            else:
                schedule = installments(units, count, first_due, interval, first, 0)
        except ValueError as error:
            raise UserError(self.env._("This makes no schedule: %s", error)) from error
        last_day = schedule[-1][0] + timedelta(days=LONGEST_CLOSURE)
        closed = set(company._get_dunning_closed_days(schedule[0][0], last_day))
        return [
            (due, currency.round(float(part) * unit))
            for due, part in on_working_days(schedule, closed)
        ]

    @api.model
    def _check_schedule_input(self, units, first, count, amount, first_due, dates, currency):
        """Say in words what is missing before the arithmetic refuses it."""
        if units <= 0:
            raise UserError(self.env._("Nothing is to be paid."))
        if not dates and not first_due:
            raise UserError(self.env._("When is the first payment?"))
        if dates and any(later <= day for day, later in zip(dates, dates[1:], strict=False)):
            raise UserError(self.env._("Every installment has a later day than the one before."))
        if first and first > units:
            raise UserError(self.env._("The first amount is at most what is to be paid."))
        if amount:
            part = self._count_units(currency, amount)
            if part <= 0 or (units - (first or 0)) / part >= MAX_COUNT:
                raise UserError(self.env._("That takes more than %s installments.", MAX_COUNT))
            return
        number = len(dates) if dates else count or 0
        if not 1 <= number <= MAX_COUNT:
            raise UserError(
                self.env._("Enter a number of installments between 1 and %s.", MAX_COUNT)
            )

    # === BUSINESS: UNITS ===#
    @api.model
    def _count_units(self, currency, amount):
        """An amount in the smallest units of its currency, which is not always a cent: exact."""
        return Decimal(round(amount / (currency.rounding or 0.01)))

    def _to_units(self, amount):
        return self._count_units(self.currency_id, amount or 0.0)

    def _from_units(self, units):
        currency = self.currency_id
        return currency.round(float(units) * currency.rounding) if currency else 0.0

    def _pour(self, paid):
        """Pour what was paid over the installments in order.

        :param float paid: in the currency of the arrangement
        :return: what each installment gets
        :rtype: dict
        """
        lines = self._get_ordered_lines()
        amounts = [self._to_units(line.amount) for line in lines]
        rest = min(self._to_units(paid), sum(amounts))
        return {
            line: self._from_units(part)
            for line, part in zip(lines, allocate(amounts, rest), strict=True)
        }
