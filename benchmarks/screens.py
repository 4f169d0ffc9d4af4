"""What a salesperson does all day: open partners, and confirm their orders.

Written for any database with sales and invoices, so that the same can be measured with this
add-on, without it, and with others.
"""

from contextlib import suppress
from typing import NamedTuple

from odoo import Command, api
from odoo.exceptions import RedirectWarning, UserError
from odoo.tools import SQL

from .measure import measured
from .orders import new_quotation

PAGE = 80
CONTEXT = {"lang": "en_US", "tz": "Europe/Amsterdam"}
# For the debtors whose orders are confirmed.
ENOUGH = 100_000_000

CONFIRM = "confirm an order"
CONFIRM_LARGEST = "confirm, largest debtor"


class Subjects(NamedTuple):
    """Ids that are the same in every copy of a database."""

    user: int
    partners: list
    largest: int
    order: int
    order_of_largest: int


def make_subjects(env):
    """Make a salesperson, and quotations for a debtor like others and for the largest one."""
    env.cr.execute(
        """
        SELECT partner_id FROM account_move_line
         WHERE display_type = 'payment_term' AND reconciled IS NOT TRUE
         GROUP BY partner_id ORDER BY COUNT(*) DESC, partner_id LIMIT 1"""
    )
    (largest,) = env.cr.fetchone()
    env.cr.execute(
        "SELECT id FROM res_partner WHERE debtor_code LIKE 'BENCH%%' AND parent_id IS NULL "
        "AND credit_limit IS NOT NULL AND id <> %s ORDER BY id DESC LIMIT %s",
        [largest, PAGE],
    )
    partners = [partner_id for (partner_id,) in env.cr.fetchall()]
    groups = ("sales_team.group_sale_manager", "account.group_account_invoice")
    user = env["res.users"].create(
        {
            "name": "Salesperson",
            "login": "bench-sales",
            "group_ids": [Command.link(env.ref(group).id) for group in groups],
        }
    )
    orders = [
        new_quotation(env, env["res.partner"].browse(partner_id))
        for partner_id in (partners[0], largest)
    ]
    subjects = Subjects(user.id, partners, largest, *(order.id for order in orders))
    env["credit.hold.rule"].search([("criterion", "!=", "limit")]).write({"action": "inform"})
    _set_limit(env, subjects, ENOUGH)
    env.cr.commit()
    return subjects


def _set_limit(env, subjects, limit):
    env.cr.execute(
        SQL(
            "UPDATE res_partner SET credit_limit = jsonb_build_object(%s::text, %s::numeric) "
            "WHERE id IN %s",
            str(env.company.id),
            limit,
            (subjects.partners[0], subjects.largest),
        )
    )
    env.invalidate_all()


class Screens:
    """One database with its columns. Everything is rolled back.

    :param tuple groups: XML ids of groups that the salesperson needs besides
    :param tuple columns: fields of partners that are the figures of this database
    """

    def __init__(self, cr, subjects, groups=(), columns=()):
        admin = api.Environment(cr, api.SUPERUSER_ID, CONTEXT)
        self.subjects = subjects
        self.user = admin["res.users"].browse(subjects.user)
        self.user.group_ids = [Command.link(admin.ref(group).id) for group in groups]
        cr.commit()
        self.env = api.Environment(cr, subjects.user, CONTEXT)
        self.columns = columns
        self._names = {}

    def get_works(self):
        """What is measured, by label."""
        subjects = self.subjects
        partners = self.env["res.partner"].browse(subjects.partners)
        return {
            f"{PAGE} partners, usual columns": lambda: self._read_page(partners, ()),
            f"{PAGE} partners, with figures": lambda: self._read_page(partners, self.columns),
            "form of a partner": lambda: self._read_form(partners[0]),
            "form, largest debtor": lambda: self._read_form(subjects.largest),
            CONFIRM: lambda: self._confirm(subjects.order),
            CONFIRM_LARGEST: lambda: self._confirm(subjects.order_of_largest),
        }

    def measure(self, work):
        self.env.invalidate_all()
        with measured(self.env.cr) as cost:
            work()
        self.env.cr.rollback()
        self.env.invalidate_all()
        return cost

    def check_gate(self):
        """See that an order over the limit is held here: else its cost would tell nothing.

        :raise RuntimeError: when it is not
        """
        _set_limit(self.env, self.subjects, 1)
        order = self.env["sale.order"].browse(self.subjects.order)
        with suppress(UserError, RedirectWarning):
            order.action_confirm()
        if order.state == "sale":
            raise RuntimeError(f"{order.name} was confirmed over the limit.")
        self.env.cr.rollback()
        self.env.invalidate_all()

    def _confirm(self, order_id):
        order = self.env["sale.order"].browse(order_id)
        order.action_confirm()
        self.env.flush_all()
        if order.state != "sale":
            raise RuntimeError(f"{order.name} was not confirmed.")

    def _read_page(self, partners, columns):
        names = self._get_names("base.view_partner_tree", "list")
        fields = self.env["res.partner"]._fields
        usual = {name for name in names if fields[name]._module in ("base", "mail", "sale")}
        return partners.web_read(self._specify(sorted(usual | set(columns))))

    def _read_form(self, partner):
        partner = self.env["res.partner"].browse(int(partner))
        return partner.web_read(self._specify(self._get_names("base.view_partner_form", "form")))

    def _get_names(self, view, kind):
        """Fields of a view, as this user sees it."""
        if (view, kind) not in self._names:
            views = self.env["res.partner"].get_view(self.env.ref(view).id, kind)
            names = views["models"]["res.partner"]
            self._names[view, kind] = list(self.env["res.partner"].fields_get(names, ["type"]))
        return self._names[view, kind]

    def _specify(self, names):
        fields = self.env["res.partner"]._fields
        return {
            name: {"fields": {"display_name": {}}} if fields[name].type == "many2one" else {}
            for name in names
        }
