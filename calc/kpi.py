"""Figures by which credit management is measured.

Amounts of one call are in one currency. Receivables include VAT, so the sales they are compared
with must include it too (customer invoices less credit notes; cash sales left out); mixing them
overstates every figure by the VAT. Results are rounded half up to two decimals. A figure that
is not defined, such as one on no sales at all, is None: show "n/a", not 0.
"""

from decimal import Decimal

from .money import rounded, to_count, to_date, to_decimal, to_not_negative

# Days overdue up to which a bucket of the aging list goes; the last one is open.
AGING_LIMITS = (30, 60, 90, 120)


def dso_simple(receivables, sales, days):
    """Return days sales outstanding: receivables at the end / credit sales × days.

    :param decimal.Decimal receivables: open at the end of the period
    :param decimal.Decimal sales: credit sales of the period
    :param int days: days in the period, at least 1
    :return: days; None without sales
    :rtype: decimal.Decimal or None
    :raises TypeError: for a float
    :raises ValueError: when the period has no days
    """
    amount = to_decimal(receivables, "receivables")
    base = to_decimal(sales, "sales")
    length = to_count(days, "number of days", 1)
    return rounded(amount * length / base) if base > 0 else None


def dso_countback(receivables, months):
    """Return days sales outstanding by counting back: the receivables are used up by the sales
    of the latest month, then of the one before, each of which adds its days; the last month
    counts in part.

    :param decimal.Decimal receivables: open at the end of the latest month
    :param months: pairs (credit sales, days in the month), the newest first
    :return: days; 0.00 without receivables; None when they are more than all the sales given,
        as the figure then depends on months that are not known
    :rtype: decimal.Decimal or None
    :raises TypeError: for a float
    :raises ValueError: when a month has no days
    """
    rest = to_decimal(receivables, "receivables")
    total = Decimal(0)
    for sales, days in months:
        amount = to_decimal(sales, "sales")
        length = to_count(days, "number of days", 1)
        if rest <= 0:
            break
        if amount >= rest:
            return rounded(total + rest * length / amount)
        rest -= amount
        total += length
    return rounded(total) if rest <= 0 else None


def true_dso(items):
    """Return the days sales outstanding of the invoices that are really open: the age of each,
    weighted by its part in the sales of its own month.

    :param items: triples (age in days since the invoice date, open amount, net credit sales of
        the month of the invoice)
    :return: days; 0.00 without items; None when a month has no sales
    :rtype: decimal.Decimal or None
    :raises TypeError: for a float
    :raises ValueError: for a negative age
    """
    total = Decimal(0)
    for age, amount, sales in items:
        base = to_decimal(sales, "sales")
        if base <= 0:
            return None
        total += to_count(age, "age") * to_decimal(amount) / base
    return rounded(total)


def best_possible_dso(current_receivables, sales, days):
    """Return the days sales outstanding if nobody paid late: receivables that are not overdue /
    credit sales × days. Parameters, result and errors as of :func:`dso_simple`."""
    return dso_simple(current_receivables, sales, days)


def average_days_delinquent(dso, best):
    """Return how many days of the days sales outstanding come from paying late.

    :param decimal.Decimal dso: :func:`dso_simple`; None passes on
    :param decimal.Decimal best: :func:`best_possible_dso` of the same period; None passes on
    :return: days; None when one of both is
    :rtype: decimal.Decimal or None
    :raises TypeError: for a float
    """
    if dso is None or best is None:
        return None
    return rounded(to_decimal(dso, "DSO") - to_decimal(best, "best possible DSO"))


def collection_effectiveness(begin, sales, months, end_total, end_current):
    """Return the collection effectiveness index: what was collected of what could be, that is
    (begin + sales / months − end total) / (begin + sales / months − end current) × 100.

    :param decimal.Decimal begin: receivables at the start of the period
    :param decimal.Decimal sales: credit sales of the period
    :param int months: months in the period, at least 1
    :param decimal.Decimal end_total: receivables at the end
    :param decimal.Decimal end_current: receivables at the end that are not overdue
    :return: percent; 100 when nothing is overdue; None when there was nothing to collect
    :rtype: decimal.Decimal or None
    :raises TypeError: for a float
    :raises ValueError: when the period has no months
    """
    number = to_count(months, "number of months", 1)
    # Multiplied by the months, so that nothing is cut off before the end.
    started = to_decimal(begin, "receivables") * number + to_decimal(sales, "sales")
    collected = started - to_decimal(end_total, "receivables") * number
    collectable = started - to_decimal(end_current, "current receivables") * number
    return rounded(collected * 100 / collectable) if collectable > 0 else None


def weighted_days(pairs):
    """Return an average number of days, weighted by amount. Days to pay: payment date − invoice
    date; days late: payment date − due date, where early counts negative.

    :param pairs: pairs (amount, days), one per allocation of a payment; amounts of 0 or more
    :return: days; None without amounts
    :rtype: decimal.Decimal or None
    :raises TypeError: for a float
    :raises ValueError: for a negative amount
    """
    weight = total = Decimal(0)
    for amount, days in pairs:
        weight += to_not_negative(amount)
        total += to_decimal(amount) * to_decimal(days, "number of days")
    return rounded(total / weight) if weight else None


def days_overdue(due, on):
    """Return how many days after its due date an item stands; 0 or less is not overdue.

    :param datetime.date due: last day for paying
    :param datetime.date on: the day of the list
    :rtype: int
    :raises TypeError: when a date is not a date
    """
    return (to_date(on) - to_date(due, "due date")).days


def aging_bucket(overdue, limits=AGING_LIMITS):
    """Return the column of the aging list: 0 not due, 1 for 1-30 days, 2 for 31-60, 3 for
    61-90, 4 for 91-120, 5 for more.

    :param int overdue: :func:`days_overdue`
    :param limits: the last day of each column but the open one, ascending
    :rtype: int
    :raises TypeError: when the number of days is not an int
    """
    if isinstance(overdue, bool) or not isinstance(overdue, int):
        raise TypeError(f"The days overdue must be an int, not {type(overdue).__name__}.")
    return sum(overdue > limit for limit in (0, *limits))


def without_vat(amount, vat_percentage):
    """Return an amount without the VAT that is in it. VAT on a bad debt is recovered from the
    tax authority, so it is no part of the loss.

    :param decimal.Decimal amount: VAT included
    :param vat_percentage: percent, 0 or more
    :rtype: decimal.Decimal
    :raises TypeError: for a float
    :raises ValueError: for a negative percentage
    """
    vat = to_not_negative(vat_percentage, "VAT percentage")
    return rounded(to_decimal(amount) * 100 / (100 + vat))


def earn_back(loss, margin_percentage):
    """Return the sales it takes to earn back a loss: loss / margin.

    :param decimal.Decimal loss: without VAT, see :func:`without_vat`
    :param decimal.Decimal margin_percentage: profit margin, percent of sales
    :return: sales without VAT; None when the margin is 0 or negative
    :rtype: decimal.Decimal or None
    :raises TypeError: for a float
    :raises ValueError: for a negative loss
    """
    amount = to_not_negative(loss, "loss")
    margin = to_decimal(margin_percentage, "margin")
    return rounded(amount * 100 / margin) if margin > 0 else None
