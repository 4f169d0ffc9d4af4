from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount, format_date

from .groups import MANAGER

RELEASE_STATES = [
    ("requested", "To decide"),
    ("released", "Released"),
    ("declined", "Declined"),
    ("used", "Used"),
    ("lapsed", "Lapsed"),
    ("cured", "Cured"),
]
RELEASE_MODES = [("once", "This order"), ("date", "Until a day"), ("amount", "Up to an amount")]
REQUEST_ACTIVITY = "account_credit_management.mail_activity_type_credit_request"
ORDER_ACTIVITY = "account_credit_management.mail_activity_type_credit_order"


class CreditRelease(models.Model):
    """A request to deliver although a rule holds the order, and what became of it.

    The figures on which it was decided are stored with it, so that they can be seen later. Nobody
    writes these records directly: they change by being asked for, decided, used or overtaken.
    """

    _name = "credit.release"
    _description = "Credit Release"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    # Credit managers talk about a request although they cannot change it.
    _mail_post_access = "read"

    # === FIELDS ===#
    name = fields.Char(readonly=True, copy=False)
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    order_id = fields.Many2one("sale.order", index=True, ondelete="set null", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", ondelete="set null", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    requested_by_id = fields.Many2one("res.users", readonly=True)
    amount = fields.Monetary(readonly=True, help="By which the exposure rises.")
    amount_used = fields.Monetary(
        "Used", readonly=True, help="What was confirmed under a release up to an amount."
    )
    criteria = fields.Char(readonly=True, help="Technical names of what held it.")
    causes = fields.Text(readonly=True, help="Why it was held.")
    reason = fields.Text(readonly=True, help="Why the salesperson asks for it.")
    figures = fields.Json("Figures at the Request", readonly=True)
    decision_figures = fields.Json("Figures at the Decision", readonly=True)
    exposure = fields.Monetary("Used at the Request", compute="_compute_figures")
    limit = fields.Monetary("Limit at the Request", compute="_compute_figures")
    available = fields.Monetary("Available at the Request", compute="_compute_figures")
    overdue = fields.Monetary("Overdue at the Request", compute="_compute_figures")
    oldest_days = fields.Integer("Days Overdue at the Request", compute="_compute_figures")
    state = fields.Selection(
        RELEASE_STATES,
        required=True,
        default="requested",
        readonly=True,
        index=True,
        tracking=True,
    )
    mode = fields.Selection(RELEASE_MODES, readonly=True)
    date_to = fields.Date("Until", readonly=True)
    amount_limit = fields.Monetary("Up To", readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_date = fields.Datetime("Decided On", readonly=True)
    decision_note = fields.Text(readonly=True)

    # === COMPUTE ===#
    @api.depends("figures")
    def _compute_figures(self):
        for release in self:
            figures = release.figures or {}
            for name in ("exposure", "limit", "available", "overdue"):
                release[name] = figures.get(name, 0.0)
            release.oldest_days = figures.get("oldest_days", 0)

    # === ACTIONS ===#
    def action_decide(self):
        """Open the dialog in which a credit manager releases or declines."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decide on the Release"),
            "res_model": "credit.release.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"default_release_id": self.id},
        }

    def action_open_order(self):
        """Open what the request is about."""
        self.ensure_one()
        record = self.order_id or self.move_id or self.partner_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

    # === BUSINESS ===#
    @api.model
    def _request(self, company, check, debtor, amount, reason, order=None, move=None):
        """Put a request in the queue, or bring the one that waits there already up to date.

        :param CreditCheck check: why it is held
        :param float amount: by which the exposure is to rise, in the currency of the company
        """
        releases = self.sudo().with_company(company)
        values = releases._prepare_request_values(
            company, check, debtor, amount, reason, order, move
        )
        known = releases.search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "=", debtor.id),
                ("order_id", "=", order.id if order else False),
                ("move_id", "=", move.id if move else False),
                ("state", "=", "requested"),
            ],
            limit=1,
        )
        if known:
            known.write(values)
            return known.sudo(self.env.su)
        release = releases.create(values)
        document = release._get_document()
        document.message_post(
            body=Markup("%s<br/>%s")
            % (self.env._("A release is asked for: %s", check.message), reason or ""),
            author_id=self.env.user.partner_id.id,
        )
        release.activity_schedule(
            REQUEST_ACTIVITY,
            summary=self.env._("Release %s?", document.display_name),
            user_id=release._get_decider().id,
        )
        return release.sudo(self.env.su)

    @api.model
    def _prepare_request_values(self, company, check, debtor, amount, reason, order, move):
        document = order or move or debtor
        salesperson = (order and order.user_id) or (move and move.invoice_user_id)
        return {
            "name": self.env._("Release of %s", document.display_name),
            "company_id": company.id,
            "partner_id": debtor.id,
            "order_id": order.id if order else False,
            "move_id": move.id if move else False,
            "user_id": (salesperson or self.env.user).id,
            "requested_by_id": self.env.uid,
            "amount": amount,
            "criteria": ",".join(sorted(check.criteria)),
            "causes": check.message,
            "reason": reason,
            "figures": check.figures,
        }

    def _get_document(self):
        """Order, invoice or debtor of a request."""
        self.ensure_one()
        return self.order_id or self.move_id or self.partner_id

    def _get_decider(self):
        """Who gets the request: the credit manager of the company, or the contact for debtors."""
        self.ensure_one()
        manager = self.company_id.credit_user_id
        if manager.active and not manager.share:
            return manager
        return self.partner_id._get_dunning_assignee(self.company_id)

    def _get_current_check(self):
        """What the rules say by now."""
        self.ensure_one()
        engine = self.env["credit.check"].sudo()
        if order := self.order_id.sudo():
            # Of a confirmed order it is about raising it, or about delivering it as it is.
            is_raised = order.state == "sale" and self.amount
            amounts = {order: self.amount} if is_raised else None
            return order._get_credit_checks(amounts)[order]
        return engine._check(self.company_id, self.partner_id, 0.0, move=self.move_id or None)

    def _release(self, mode, note, date_to=False, amount_limit=0.0):
        """Release: for the order, for everything until a day, or for everything up to an amount.

        :raise AccessError: when the user is no credit manager
        :raise UserError: when it was decided already, needs another person, or cannot be released
        """
        for release in self:
            release._check_decision(note)
            amount = {"once": release.amount, "amount": amount_limit}.get(mode)
            release._check_second_person(amount)
            if mode == "date" and (not date_to or date_to < release._get_today()):
                raise UserError(self.env._("Until which day? Choose one from today on."))
            if mode == "amount" and release.currency_id.compare_amounts(amount_limit, 0) <= 0:
                raise UserError(self.env._("Up to which amount? Fill it in."))
            check = release._get_current_check()
            if check.outcome == "refuse":
                raise UserError(self.env._("This cannot be released. %s", check.message))
            criteria = check.criteria | set((release.criteria or "").split(","))
            release._decide(
                "released",
                note,
                check,
                mode=mode,
                date_to=mode == "date" and date_to,
                amount_limit=mode == "amount" and amount_limit,
                criteria=",".join(sorted(criteria - {""})),
            )

    def _decline(self, note):
        """Say no, with the reason."""
        for release in self:
            release._check_decision(note)
            release._decide("declined", note, release._get_current_check())

    def _get_today(self):
        return self.company_id._get_dunning_today()

    def _check_decision(self, note):
        # Also under sudo: it is the person who counts.
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only credit managers decide on releases."))
        if self.state != "requested":
            raise UserError(self.env._("%s was decided on already.", self.display_name))
        if not (note or "").strip():
            raise UserError(self.env._("Why? Fill in the reason."))

    def _check_second_person(self, amount):
        """Large and open-ended releases are not of the one who asks for them.

        :param amount: in the currency of the company; None for one without a limit
        """
        if self.requested_by_id != self.env.user:
            return
        alone = self.company_id.sudo().credit_max_manager
        if amount is None or self.currency_id.compare_amounts(amount, alone) > 0:
            raise UserError(
                self.env._(
                    "You asked for this yourself. Above %s, and without a highest amount, another "
                    "credit manager has to release it.",
                    format_amount(self.env, alone, self.currency_id),
                )
            )

    def _decide(self, state, note, check, **values):
        """Write down the decision, and tell the salesperson and the chatter of the order."""
        release = self.sudo()
        release.write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_date": fields.Datetime.now(),
                "decision_note": note,
                "decision_figures": check.figures,
                **values,
            }
        )
        release.activity_feedback([REQUEST_ACTIVITY], feedback=note)
        if state == "released":
            text = self.env._("Released: %s.", release._get_scope_text())
            summary = self.env._("Can be confirmed now")
        else:
            text = self.env._("The release was declined.")
            summary = self.env._("Release declined")
        release._tell_salesperson(Markup("%s<br/>%s") % (text, note), summary)

    def _get_scope_text(self):
        self.ensure_one()
        if self.mode == "date":
            return self.env._("everything until %s", format_date(self.env, self.date_to))
        if self.mode == "amount":
            amount = format_amount(self.env, self.amount_limit, self.currency_id)
            return self.env._("everything up to %s", amount)
        return self._get_document().display_name

    def _tell_salesperson(self, body, summary):
        """Note it on the document, and give the salesperson something to do there."""
        self.ensure_one()
        document = self._get_document()
        document.message_post(body=body, author_id=self.env.user.partner_id.id)
        if not self.order_id or not self.user_id.active or self.user_id.share:
            return
        document.activity_unlink([ORDER_ACTIVITY])
        if self.user_id != self.env.user:
            document.activity_schedule(
                ORDER_ACTIVITY, summary=summary, note=body, user_id=self.user_id.id
            )

    @api.model
    def _get_in_force(self, company, debtors):
        """Releases of some debtors that may still be used."""
        return (
            self.sudo()
            .with_company(company)
            .search(
                [
                    ("company_id", "=", company.id),
                    ("partner_id", "in", debtors.ids),
                    ("state", "in", ("released", "used")),
                ],
                order="id",
            )
        )

    def _find_covering(self, request, criteria, rise, day):
        """Return the release among these that lets something pass, if any.

        :param set criteria: what holds it; a release is good for what it was decided on only
        :param float rise: by which the exposure rises; zero for a delivery of what was confirmed
        """
        return self.filtered(
            lambda release: (
                release.partner_id == request.debtor
                and criteria <= set((release.criteria or "").split(","))
                and release._is_covering(request, rise, day)
            )
        )[:1]

    def _is_covering(self, request, rise, day):
        self.ensure_one()
        compare = self.currency_id.compare_amounts
        if self.mode == "once":
            document = self.order_id or self.move_id
            asked = (request.order or request.move or document.browse())._origin
            if not document or document != asked:
                return False
            # What was confirmed under it may be delivered; more of it may not be ordered.
            is_open = self.state == "released" and compare(rise, self.amount) <= 0
            return is_open or compare(rise, 0) <= 0
        if self.state != "released":
            return False
        if self.mode == "date":
            return self.date_to >= day
        return compare(self.amount_used + rise, self.amount_limit) <= 0

    def _use(self, rise, document):
        """Note that something was confirmed under this release.

        :param float rise: by which the exposure rises, in the currency of the company
        :param document: order or invoice
        """
        self.ensure_one()
        release = self.sudo()
        document.sudo()._message_log(
            body=self.env._(
                "Let pass by “%(release)s”, decided by %(user)s.",
                release=release.name,
                user=release.decided_by_id.name,
            )
        )
        if release.mode == "once" and release.state == "released":
            release.state = "used"
        elif release.mode == "amount":
            used = release.amount_used + rise
            release.amount_used = used
            if release.currency_id.compare_amounts(used, release.amount_limit) >= 0:
                release.state = "used"
