from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain

from .credit_check import Passed
from .credit_release import ORDER_ACTIVITY
from .groups import MANAGER

# Fields of a confirmed order that can raise what the debtor owes.
AMENDING_FIELDS = frozenset(
    (
        "commitment_date",
        "company_id",
        "currency_id",
        "currency_rate",
        "date_order",
        "order_line",
        "partner_id",
        "partner_invoice_id",
        "pricelist_id",
        "state",
    )
)


class SaleOrder(models.Model):
    """The gates of orders: confirmation by whatever way, amendments, and the online shop.

    People who confirm get an error that says why. Where raising would undo what a customer did,
    a signature or a payment, the order stays a quotation: the salesperson gets an activity and
    the credit manager a request.
    """

    _inherit = "sale.order"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'sale': orders that begin confirmed, as imports make them.
        orders = super().create(vals_list)
        confirmed = orders.filtered(lambda order: order.state == "sale")
        confirmed._gate_counted({})
        return orders

    def write(self, vals):
        # EXTENDS 'sale'
        if AMENDING_FIELDS.isdisjoint(vals):
            return super().write(vals)
        with self._gate_amendment() as orders:
            return super(SaleOrder, orders).write(vals)

    # === ACTIONS ===#
    def action_confirm(self):
        # EXTENDS 'sale'
        if not self._is_credit_gated():
            return super().action_confirm()
        orders = self
        if self.env.context.get("credit_hold_soft"):
            orders -= orders._hold_softly()
            if not orders:
                return True
        orders._gate_confirmation()
        passed = Passed((*self._get_passed_orders(), *orders.ids))
        return super(SaleOrder, orders.with_context(credit_passed=passed)).action_confirm()

    # === BUSINESS ===#
    def _validate_order(self):
        # EXTENDS 'sale': the customer signed, or ordered something free in the shop.
        orders = self - self._hold_softly() if self._is_credit_gated() else self
        return super(SaleOrder, orders)._validate_order() if orders else None

    @api.model
    def _is_credit_gated(self):
        """Not while modules load: their data are nobody's orders."""
        return self.env.registry.ready

    @api.model
    def _get_passed_orders(self):
        passed = self.env.context.get("credit_passed")
        return passed if isinstance(passed, Passed) else ()

    def _filter_credit_relevant(self):
        """Orders that are to be confirmed and of which something has to be paid."""
        passed = self._get_passed_orders()
        return self.filtered(
            lambda order: (
                order.id not in passed
                and order.state != "sale"
                and order.currency_id.compare_amounts(order.amount_total, 0) > 0
            )
        )

    def _gate_confirmation(self):
        """Raise unless all these orders may be confirmed; note what they passed on."""
        orders = self._filter_credit_relevant()
        checks = orders._get_credit_checks(together=True)
        rises = {order: order._get_credit_rise() for order in orders}
        held = orders._pass_gate(checks, rises)
        if held:
            held._raise_credit_hold(checks)

    def _pass_gate(self, checks, rises):
        """Let these orders pass, under a lock on their debtors, unless any of them is held.

        :return: the orders that are held
        """
        releases = self._find_credit_releases(checks, rises)
        held = self.browse()
        passing = self.browse()
        for order in self:
            if checks[order].is_held and not releases.get(order):
                held |= order
            else:
                passing |= order
        if held:
            return held
        self.env["credit.check"]._lock(
            [(order._get_hold_debtor(), checks[order]) for order in passing]
        )
        for order in passing:
            if release := releases.get(order):
                release._use(rises[order], order)
                order._close_credit_activities()
            if checks[order].figures:
                order.sudo().credit_figures = {
                    **checks[order].figures,
                    **({"release": release.id} if release else {}),
                }
        return held

    def _raise_credit_hold(self, checks):
        """Say which orders are held and why, and how to go on."""
        if len(self) > 1 or len(checks) > 1:
            lines = [f"- {order.display_name}: {checks[order].message}" for order in self]
            raise UserError(
                self.env._(
                    "Nothing was confirmed, as these orders are held:\n%s\nAsk for their release, "
                    "or confirm the others without them.",
                    "\n".join(lines),
                )
            )
        check = checks[self]
        if check.outcome == "refuse":
            raise UserError(
                self.env._(
                    "%(order)s cannot be confirmed. %(causes)s",
                    order=self.display_name,
                    causes=check.message,
                )
            )
        is_manager = self.env.user.has_group(MANAGER)
        raise RedirectWarning(
            self.env._(
                "%(order)s needs a release before it is confirmed. %(causes)s",
                order=self.display_name,
                causes=check.message,
            ),
            self.env["credit.release.ask"]._get_open_action(order=self),
            self.env._("Release with a Reason") if is_manager else self.env._("Ask for Release"),
        )

    # === BUSINESS: AMENDMENTS ===#
    @contextmanager
    def _gate_amendment(self):
        """Compare confirmed orders before and after a change, and raise when it makes a held
        debtor owe more. Yields the orders to work with."""
        passed = self._get_passed_orders()
        orders = self.filtered(lambda order: order.id not in passed)
        if not orders or not self._is_credit_gated():
            yield self
            return
        before = {order: order._get_credit_contribution() for order in orders}
        yield self.with_context(credit_passed=Passed((*passed, *orders.ids)))
        orders._gate_counted(before)

    def _get_credit_contribution(self):
        """Whose exposure holds how much of this order: (company, debtor, amount)."""
        order = self.sudo()
        counts = order.state == "sale" and order._is_due_within_credit()
        return (
            order.company_id,
            order._get_hold_debtor(),
            order._get_credit_total() if counts else 0.0,
        )

    def _gate_counted(self, before):
        """Raise when confirmed orders that count already make a held debtor owe more.

        :param dict before: what they contributed before, by order
        """
        if not self._is_credit_gated():
            return
        rises = {}
        for order in self.filtered(lambda order: order.state == "sale"):
            company, debtor, amount = order._get_credit_contribution()
            old_company, old_debtor, old_amount = before.get(order, (company, debtor, 0.0))
            if (company, debtor) != (old_company, old_debtor):
                old_amount = 0.0
            rise = company.currency_id.round(amount - old_amount)
            if company.currency_id.compare_amounts(rise, 0) > 0:
                rises[order] = rise
        orders = self.browse([order.id for order in rises])
        checks = orders._get_credit_checks(dict.fromkeys(orders, 0.0))
        held = orders._pass_gate(checks, rises)
        if held:
            lines = [f"{order.display_name}: {checks[order].message}" for order in held]
            raise UserError(
                self.env._(
                    "This needs a release first, as the debtor would owe more than before.\n%s",
                    "\n".join(lines),
                )
            )

    # === BUSINESS: ONLINE ===#
    def _hold_softly(self):
        """Leave held orders as quotations, with a request and an activity instead of an error.

        :return: the orders that are held
        """
        orders = self._filter_credit_relevant()
        checks = orders._get_credit_checks(together=True)
        releases = orders._find_credit_releases(checks)
        held = orders.filtered(lambda order: checks[order].is_held and not releases.get(order))
        for order in held:
            order._keep_as_quotation(checks[order])
        return held

    def _keep_as_quotation(self, check):
        """Tell everyone about an order that the customer confirmed and that is held."""
        self.ensure_one()
        order = self.sudo()
        if order.state == "draft":
            order.write({"state": "sent"})
        if not order.user_id:
            order.user_id = order._get_online_salesperson()
        self.env["credit.release"]._request(
            order.company_id,
            check,
            order._get_hold_debtor(),
            order._get_credit_rise(),
            self.env._("Confirmed by the customer online."),
            order=order,
        )
        if not order.user_id.active or order.activity_search([ORDER_ACTIVITY]):
            return
        order.activity_schedule(
            ORDER_ACTIVITY,
            summary=self.env._("The customer confirmed, the order is held"),
            note=check.message,
            user_id=order.user_id.id,
        )

    def _get_online_salesperson(self):
        """Who is to know of an order without a salesperson: a shop assigns one on confirmation,
        and this order is not confirmed."""
        website = "website_id" in self._fields and self.website_id
        return (
            (website and website.salesperson_id)
            or self.partner_id.user_id
            or self.partner_id.commercial_partner_id.user_id
            or self.team_id.user_id
        )

    def _is_held_online(self):
        """Whether the customer did all there was to do and the order still waits for us."""
        self.ensure_one()
        return self.state in ("draft", "sent") and bool(
            self.env["credit.release"]
            .sudo()
            .search_count(
                Domain("order_id", "=", self.id) & Domain("state", "=", "requested"), limit=1
            )
            and (
                self.signature
                or self.amount_paid
                or "pending" in self.sudo().transaction_ids.mapped("state")
            )
        )
