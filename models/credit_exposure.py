from datetime import timedelta
from typing import NamedTuple

from odoo import api, models, tools
from odoo.tools import SQL

from .contact_filters import get_contact_filters
from .flushed_fields import get_flushed_fields

# Figures of a position, in the order of the statement.
FIGURES = (
    "open_amount",
    "unallocated",
    "overdue",
    "oldest_days",
    "drafts",
    "orders",
    "quotations",
    "exposure",
    "guaranteed",
    "insured",
    "factored",
    "own_risk",
    "own_limit",
    "temporary",
    "cover",
    "limit",
    "group_id",
    "group_left",
    "available",
    "usage",
    "disputed",
    "overdue_disputed",
    "cover_lapsed",
    "check_valid",
)


class Position(NamedTuple):
    """What a debtor uses of his credit, in the currency of the company.

    ``exposure`` is what is at stake and splits into ``guaranteed``, ``insured``, ``factored`` and
    ``own_risk``. ``limit`` is what is in force, with temporary increases and cover; None without
    any. ``available`` is what is left of it, and of the group's when that is less. ``usage`` is
    the used part of the limit in percent: zero without a limit, a hundred when it shrank to
    nothing. ``disputed`` is the part of ``open_amount`` that the debtor disputes, and
    ``overdue_disputed`` that of ``overdue``.
    """

    partner_id: int
    open_amount: float
    unallocated: float
    overdue: float
    oldest_days: int
    drafts: float
    orders: float
    quotations: float
    exposure: float
    guaranteed: float
    insured: float
    factored: float
    own_risk: float
    own_limit: float
    temporary: float
    cover: float
    limit: float | None
    group_id: int | None
    group_left: float | None
    available: float | None
    usage: float
    disputed: float
    overdue_disputed: float
    cover_lapsed: bool
    check_valid: bool


class CreditExposure(models.AbstractModel):
    """The one definition of what a debtor's credit is used for.

    Forms, lists, searches and the gates of orders and invoices all read its statement, which
    writes nothing. Amounts are in the currency of the company; what is in another one is converted
    at the rate of its own document, covers at that of the day.
    """

    _name = "credit.exposure"
    _description = "Credit Exposure"

    # === BUSINESS ===#
    @api.model
    def _get_positions(self, company, partners, day=None):
        """Return the position of some debtors.

        :param res.partner partners: commercial partners
        :param datetime.date day: for what is overdue or valid; empty for today
        :rtype: dict[int, Position]
        """
        if not partners.ids:
            return {}
        query = SQL(
            "%s SELECT %s FROM exposure_position",
            self._get_exposure_sql(company, day or company._get_dunning_today(), partners.ids),
            SQL(", ").join(SQL.identifier(name) for name in ("partner_id", *FIGURES)),
        )
        rows = [Position(*row) for row in self.env.execute_query(query)]
        return {position.partner_id: position for position in rows}

    def _prepare_exposure_values(self, company, day, partner_ids):
        """Choices of the company, rates of the day, and the filters of the parts."""
        last_day = company.credit_orders_within_days and day + timedelta(
            days=company.credit_orders_within_days
        )
        members, currency_ids = self._get_scope(company, partner_ids)
        rates = self._get_rates(company, day, currency_ids)
        return {
            "company_id": company.id,
            "day": day,
            "count_drafts": company.credit_count_drafts,
            "count_quotations": company.credit_count_quotations,
            "last_day": last_day or None,
            "on_top": company.credit_cover_mode == "on_top",
            "currencies": list(rates),
            "rates": list(rates.values()),
            **self._get_exposure_filters(company, partner_ids, members),
        }

    @api.model
    @tools.ormcache("company_id")
    def _get_account_ids(self, company_id):
        """Receivable accounts, kept in memory: they seldom change and every order asks."""
        company = self.env["res.company"].browse(company_id)
        return tuple(self.env["dunning.decision"]._get_receivable_accounts(company).ids)

    def _get_scope(self, company, partner_ids):
        """Who shares a limit with some debtors, and the currencies of their covers; for all
        debtors no one in particular, and all currencies. One query.

        :return: ids of partners, ids of currencies
        """
        if partner_ids is None:
            currencies = self.env["res.currency"].with_context(active_test=False).search([])
            return [], currencies.ids
        rows = self.env.execute_query(
            SQL(
                """
                SELECT other.partner_id, NULL
                  FROM credit_group_partner_rel own
                  JOIN credit_group ON credit_group.id = own.group_id AND credit_group.active
                   AND credit_group.company_id = %(company_id)s
                  JOIN credit_group_partner_rel other ON other.group_id = own.group_id
                 WHERE own.partner_id IN %(partner_ids)s
                 UNION
                SELECT NULL, currency_id
                  FROM credit_cover
                 WHERE active AND company_id = %(company_id)s AND partner_id IN %(partner_ids)s
                """,
                company_id=company.id,
                partner_ids=tuple(partner_ids),
                to_flush=get_flushed_fields(
                    self.env,
                    {
                        "credit.cover": ("active", "company_id", "currency_id", "partner_id"),
                        "credit.group": ("active", "company_id"),
                    },
                ),
            )
        )
        return [row[0] for row in rows if row[0]], [row[1] for row in rows if row[1]]

    def _get_rates(self, company, day, currency_ids):
        """Units of each currency for one of the company's; nothing to look up for its own."""
        own = company.currency_id
        if not set(currency_ids) - {own.id}:
            return {own.id: 1.0}
        rates = own.browse({own.id, *currency_ids})._get_rates(company, day)
        return {currency_id: rate / rates[own.id] for currency_id, rate in rates.items()}

    def _get_exposure_filters(self, company, partner_ids, members):
        """Conditions that keep every part to the debtors asked for and those who share a limit
        with them; nothing for all debtors.

        :param list members: those who share a limit with them
        """
        columns = {
            "line_filter": "line.partner_id",
            "order_filter": "sale.partner_invoice_id",
        }
        direct = {
            "move_filter": "move.commercial_partner_id",
            "cover_filter": "cover.partner_id",
            "limit_filter": "partner_id",
            "check_filter": "partner_id",
        }
        if partner_ids is None:
            parts = ("receivable", "draft", "ordered", "covered", "increased", "member")
            return {
                **dict.fromkeys([*columns, *direct], SQL()),
                "asked": SQL(),
                "debtors": SQL(" UNION ").join(
                    SQL("SELECT partner_id FROM %s", SQL.identifier(part)) for part in parts
                ),
            }
        wanted = tuple({*partner_ids, *members})
        return {
            **get_contact_filters(columns, wanted),
            **{
                name: SQL("AND %s IN %s", SQL.identifier(*column.split(".")), wanted)
                for name, column in direct.items()
            },
            "asked": SQL("WHERE layered.partner_id IN %s", tuple(partner_ids)),
            "debtors": SQL("SELECT UNNEST(%s::integer[])", list(wanted)),
        }
