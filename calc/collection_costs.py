"""Costs of collecting a late payment: what the law allows to be claimed beside interest.

Amounts are in EUR unless said otherwise and are rounded half up to the cent. The functions say
how much, not whether: a Dutch consumer owes nothing before the term of the letter has passed
(:func:`calc.terms.nl_consumer_letter`), a Belgian consumer nothing without a clause in the
contract (:func:`calc.terms.be_consumer_reminder`).
"""

from decimal import Decimal

from .money import rounded, to_count, to_decimal, to_not_negative

# Decree on compensation for extrajudicial collection costs (Besluit vergoeding voor
# buitengerechtelijke incassokosten, Stb. 2012, 141) art. 2(1) and (2), unchanged since 1 July
# 2012: percentage up to an amount of principal, minimum, maximum.
_NL_STEPS = (
    (Decimal(2500), Decimal(15)),
    (Decimal(5000), Decimal(10)),
    (Decimal(10000), Decimal(5)),
    (Decimal(200000), Decimal(1)),
    (None, Decimal("0.5")),
)
_NL_MINIMUM = Decimal(40)
_NL_MAXIMUM = Decimal(6775)

# Belgian Code of Economic Law art. XIX.4: above which balance, fixed amount, percentage of what
# is above it.
_BE_CONSUMER_STEPS = (
    (Decimal(500), Decimal(65), Decimal(5)),
    (Decimal(150), Decimal(30), Decimal(10)),
    (Decimal(0), Decimal(20), Decimal(0)),
)
_BE_CONSUMER_MAXIMUM = Decimal(2000)
# Art. XIX.2: reminders that are free per calendar year, and what a further one may cost.
_BE_FREE_REMINDERS = 3
_BE_REMINDER_FEE = Decimal("7.50")

# Directive 2011/7/EU art. 6(1).
_EU_FIXED_SUM = Decimal(40)


def nl_bik(principal, vat_percentage=0):
    """Return the Dutch compensation for extrajudicial collection costs.

    15 % of the first 2,500, 10 % of the next 2,500, 5 % of the next 5,000, 1 % of the next
    190,000 and 0.5 % of the rest, at least 40 and at most 6,775 (decree of Stb. 2012, 141,
    art. 2). Binding for consumers; between businesses it holds unless they agreed otherwise
    (Civil Code art. 6:96(5)).

    :param decimal.Decimal principal: EUR, without interest. Claims on a consumer for which one
        reminder suffices are added up first (art. 6:96(7)); what was paid within the term of
        the letter is taken off first (Supreme Court 25 November 2016, ECLI:NL:HR:2016:2704)
    :param vat_percentage: VAT to add, percent, see :func:`nl_bik_vat_percentage`
    :return: EUR; 0.00 for a principal of 0 or less. The compensation is rounded before VAT is
        added, as it is an amount by itself; minimum and maximum count before VAT
    :rtype: decimal.Decimal
    :raises TypeError: for a float
    :raises ValueError: for a negative percentage
    """
    return tiers(principal, _NL_STEPS, _NL_MINIMUM, _NL_MAXIMUM, vat_percentage)


def nl_bik_vat_percentage(vat_percentage, on_service, deductible, declared):
    """Return the VAT to add to :func:`nl_bik`: all of it or none (decree of Stb. 2012, 141,
    art. 2(3)).

    :param vat_percentage: the rate of art. 9(1) of the Turnover Tax Act 1968, percent
    :param bool on_service: the creditor has the collection done by another, who charges VAT
    :param bool deductible: the creditor can deduct that VAT
    :param bool declared: the creditor states to the debtor that it cannot be deducted and that
        the compensation is higher for that reason
    :rtype: decimal.Decimal
    :raises TypeError: for a float
    :raises ValueError: for a negative percentage
    """
    percentage = to_not_negative(vat_percentage, "VAT percentage")
    return percentage if on_service and declared and not deductible else Decimal(0)


def be_consumer_cap(balance):
    """Return the highest flat compensation that a Belgian business may claim from a consumer
    (Code of Economic Law art. XIX.4, law of 4 May 2023): 20 for a balance up to 150; 30 plus
    10 % of the part between 150 and 500; 65 plus 5 % of the part above 500, at most 2,000.

    The cap is for a debt as a whole, whatever the number of reminders. It is no right: the
    contract must have a clause, and a clause above the cap is void altogether.

    :param decimal.Decimal balance: EUR, what is still open
    :return: EUR; 0.00 for a balance of 0 or less
    :rtype: decimal.Decimal
    :raises TypeError: for a float
    """
    amount = to_decimal(balance, "balance")
    for above, fixed, percentage in _BE_CONSUMER_STEPS:
        if amount > above:
            cap = fixed + (amount - above) * percentage / 100
            return rounded(min(cap, _BE_CONSUMER_MAXIMUM))
    return rounded(Decimal(0))


def be_consumer_reminder_cap(free_reminders, postage=0):
    """Return the most that a further reminder of a regular delivery may cost a Belgian consumer
    (Code of Economic Law art. XIX.2): nothing as long as fewer than three due dates of the
    calendar year had their free reminder, then 7.50 plus the postage.

    Contracts without regular deliveries are not meant: there nothing may be charged for a
    reminder (art. XIX.4).

    :param int free_reminders: due dates of this contract that had a free reminder in this
        calendar year
    :param decimal.Decimal postage: EUR, in force on the day of sending; 0 for e-mail
    :return: EUR
    :rtype: decimal.Decimal
    :raises TypeError: for a float
    :raises ValueError: for a negative number
    """
    cost = rounded(_BE_REMINDER_FEE + to_not_negative(postage, "postage"))
    used = to_count(free_reminders, "number of free reminders")
    return cost if used >= _BE_FREE_REMINDERS else rounded(Decimal(0))


def eu_40(invoices):
    """Return the fixed sum for recovery costs between businesses: 40 for each late invoice,
    without a reminder (directive 2011/7/EU art. 6; each invoice counts, also those of one
    contract or one claim: Court of Justice C-585/20 and C-370/21). In the Netherlands Civil
    Code art. 6:96(4), in Belgium law of 2 August 2002 art. 6, in Germany Civil Code par. 288(5),
    in France Commercial Code D441-5.

    It is a minimum of compensation: it is never added to :func:`nl_bik` for the same invoices.

    :param int invoices: number of invoices paid late, 0 or more
    :return: EUR
    :rtype: decimal.Decimal
    :raises TypeError: for anything but an int
    :raises ValueError: for a negative number
    """
    return rounded(_EU_FIXED_SUM * to_count(invoices, "number of invoices"))


def tiers(principal, steps, minimum=0, maximum=None, vat_percentage=0, digits=2):
    """Return a compensation by agreed or statutory percentages per tier of the principal. One
    step is a plain percentage.

    :param decimal.Decimal principal: in the currency of the claim
    :param steps: pairs (up to which principal, percent of the part in this tier), ascending;
        None as the bound of the last one stands for everything above, otherwise nothing is
        charged on the part above the last bound
    :param decimal.Decimal minimum: before VAT
    :param decimal.Decimal maximum: before VAT; None for none
    :param vat_percentage: VAT to add, percent
    :param int digits: decimals of the currency
    :return: in the currency of the claim; 0 for a principal of 0 or less. Rounded half up, the
        compensation first and then its VAT
    :rtype: decimal.Decimal
    :raises TypeError: for a float
    :raises ValueError: when the steps do not ascend, the minimum is above the maximum, or a
        percentage or bound is negative
    """
    amount = to_decimal(principal, "principal")
    lowest = to_not_negative(minimum, "minimum")
    highest = None if maximum is None else to_not_negative(maximum, "maximum")
    vat = to_not_negative(vat_percentage, "VAT percentage")
    if highest is not None and lowest > highest:
        raise ValueError(f"The minimum is above the maximum: {minimum}, {maximum}.")
    total = lower = Decimal(0)
    for limit, percentage in steps:
        rate = to_not_negative(percentage, "percentage")
        if lower is None or (limit is not None and to_decimal(limit, "bound") <= lower):
            raise ValueError("The bounds of the steps must ascend and be above 0.")
        upper = amount if limit is None else min(amount, limit)
        total += max(upper - lower, Decimal(0)) * rate / 100
        lower = limit
    if amount <= 0:
        return rounded(Decimal(0), digits)
    total = max(total, lowest)
    if highest is not None:
        total = min(total, highest)
    total = rounded(total, digits)
    return total + rounded(total * vat / 100, digits)
