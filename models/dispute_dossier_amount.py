from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date

from .dispute_dossier import HOLDING_STATES


class DisputeDossier(models.Model):
    """What a dispute is about in money and days.

    What is disputed now follows from what it holds, so it never is more than what is open. What
    was disputed at first and what was credited are kept, in the currency of the company too, at
    the rate of the day on which the dispute was opened.
    """

    _inherit = "dispute.dossier"

    # === FIELDS ===#
    move_ids = fields.Many2many(
        "account.move",
        string="Invoices",
        compute="_compute_move_ids",
        inverse="_inverse_move_ids",
        search="_search_move_ids",
        compute_sudo=True,
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_claimed = fields.Monetary(
        "Disputed at First",
        compute="_compute_amount_claimed",
        store=True,
        help="What was disputed when the dispute was opened.",
    )
    amount_claimed_company = fields.Monetary(
        "Disputed at First (Company)",
        "company_currency_id",
        compute="_compute_company_amounts",
        store=True,
        help="In the currency of the company, at the rate of the day it was opened.",
    )
    amount_credited = fields.Monetary(
        "Credited",
        compute="_compute_amount_credited",
        store=True,
        help="By posted credit notes of this dispute.",
    )
    amount_credited_company = fields.Monetary(
        "Credited (Company)",
        "company_currency_id",
        compute="_compute_company_amounts",
        store=True,
        help="In the currency of the company, at the rate of the day it was opened.",
    )
    amount_disputed = fields.Monetary(
        "Disputed",
        compute="_compute_amount_disputed",
        compute_sudo=True,
        help="What waits for the dispute now: never more than what is open.",
    )
    amount_undisputed = fields.Monetary(
        "Not Disputed",
        compute="_compute_amount_disputed",
        compute_sudo=True,
        help="What is open of these invoices and nobody disputes.",
    )
    date_due = fields.Date(
        "Due Date",
        compute="_compute_date_due",
        store=True,
        help="The first due date of what was open when it was disputed; empty when it was paid.",
    )
    days_rested = fields.Integer(
        "Days Settled in Between",
        readonly=True,
        copy=False,
        help="Days between being settled and being reopened.",
    )
    days_open = fields.Integer(compute="_compute_days", help="Until today or until it was settled.")
    days_lost = fields.Integer(
        compute="_compute_days",
        help="Days by which the dispute put off payment: since it was opened, or since the due "
        "date when that is later, until it was settled. None when it was paid already.",
    )
    amount_days = fields.Monetary(
        "Amount × Days",
        "company_currency_id",
        compute="_compute_days",
        help="What was disputed at first times the days lost: what the dispute costs in money "
        "that was not there.",
    )
    warning = fields.Html(
        compute="_compute_warning",
        compute_sudo=True,
        sanitize=False,
        help="What to know before working on it, such as other disputes of the same invoice.",
    )

    # === COMPUTE ===#
    @api.depends("line_ids.move_id")
    def _compute_move_ids(self):
        for dossier in self:
            dossier.move_ids = dossier.line_ids.move_id

    def _inverse_move_ids(self):
        """Invoices that are added are disputed as a whole, those taken away no longer."""
        for dossier in self:
            moves = dossier.move_ids
            dossier.line_ids.filtered(lambda line, moves=moves: line.move_id not in moves).unlink()
            self.env["dispute.dossier.line"].create(
                [
                    {"dossier_id": dossier.id, "move_id": move.id}
                    for move in moves - dossier.line_ids.move_id
                ]
            )

    @api.model
    def _search_move_ids(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        domain = fields.Domain("move_id", operator, value)
        return fields.Domain("line_ids", "any", domain)

    @api.depends("line_ids.amount_claimed")
    def _compute_amount_claimed(self):
        for dossier in self:
            dossier.amount_claimed = sum(dossier.line_ids.mapped("amount_claimed"))

    @api.depends("credit_move_ids.amount_total", "credit_move_ids.state")
    def _compute_amount_credited(self):
        for dossier in self:
            dossier.amount_credited = sum(
                dossier._get_credit_notes("posted").mapped("amount_total")
            )

    @api.depends("amount_claimed", "amount_credited", "currency_id", "company_id", "date")
    def _compute_company_amounts(self):
        for dossier in self:
            dossier.amount_claimed_company = dossier._to_company(dossier.amount_claimed)
            dossier.amount_credited_company = dossier._to_company(dossier.amount_credited)

    @api.depends(
        "state", "term_until", "line_ids.amount_claimed", "line_ids.move_id.amount_residual"
    )
    def _compute_amount_disputed(self):
        held = self.env["dunning.block"]._get_disputed_amounts(dossiers=self)
        of_moves = self.env["dunning.block"]._get_disputed_amounts(moves=self.move_ids)
        for dossier in self:
            items = dossier.line_ids._get_items()
            residual = sum(item.amount_residual_currency for item in items if not item.reconciled)
            disputed = sum(of_moves.get(move.id, 0.0) for move in dossier.line_ids.move_id)
            dossier.amount_disputed = held.get(dossier.id, 0.0)
            rest = (dossier.currency_id or self.env.company.currency_id).round(residual - disputed)
            dossier.amount_undisputed = max(rest, 0.0)

    @api.depends("line_ids.move_id")
    def _compute_date_due(self):
        for dossier in self:
            items = dossier.line_ids._get_items().filtered(lambda item: not item.reconciled)
            days = [item.date_maturity or item.date for item in items]
            dossier.date_due = min(days, default=False)

    @api.depends("date", "closed_date", "date_due", "days_rested", "amount_claimed_company")
    def _compute_days(self):
        for dossier in self:
            end = dossier.closed_date or dossier._get_today()
            begin = dossier.date or end
            late = max(begin, dossier.date_due or end)
            dossier.days_open = max((end - begin).days - dossier.days_rested, 0)
            dossier.days_lost = max((end - late).days - dossier.days_rested, 0)
            dossier.amount_days = dossier.amount_claimed_company * dossier.days_lost

    @api.depends("line_ids", "state")
    @api.depends_context("lang")
    def _compute_warning(self):
        for dossier in self:
            texts = dossier._get_warnings()
            dossier.warning = Markup().join(Markup("<div>%s</div>") % text for text in texts)

    # === BUSINESS ===#
    def _to_company(self, amount):
        """An amount in the currency of the company, at the rate of the day it was opened."""
        company = (self.company_id or self.env.company).sudo()
        currency = self.currency_id or company.currency_id
        day = self.date or self._get_today()
        return currency._convert(amount, company.currency_id, company, day)

    def _get_credit_notes(self, *states):
        return self.sudo().credit_move_ids.filtered(lambda move: move.state in states)

    def _get_moves_of_credit(self, credit):
        """The disputed invoice that a credit note is about: what it reverses, else the first."""
        moves = self.line_ids.move_id
        return credit.reversed_entry_id & moves or moves[:1]

    def _get_warnings(self):
        """Sentences, as Markup where they have links."""
        self.ensure_one()
        others = self._get_related_dossiers() - self
        texts = []
        for other in others.sorted(
            lambda dossier: (dossier.state not in HOLDING_STATES, dossier.id)
        ):
            moves = other.line_ids.move_id & self.line_ids.move_id
            texts.append(
                Markup("%s")
                % self.env._(
                    "%(invoice)s is also disputed in %(dispute)s of %(date)s (%(state)s).",
                    invoice=", ".join(move.name for move in moves),
                    dispute=Markup('<a href="/odoo/%s/%s">%s</a>')
                    % (other._name, other.id, other.name),
                    date=format_date(self.env, other.date),
                    state=dict(other._fields["state"]._description_selection(self.env))[
                        other.state
                    ],
                )
            )
        if self.state not in HOLDING_STATES:
            return texts
        for line in self.line_ids:
            residual = sum(line._get_items().mapped("amount_residual_currency"))
            if self.currency_id.compare_amounts(residual, 0) <= 0:
                texts.append(self.env._("%s is paid: there is nothing to hold.", line.move_id.name))
        wanted = self.amount_claimed - self.amount_credited
        if self.currency_id.compare_amounts(self.amount_disputed, wanted) < 0 and (
            self.currency_id.compare_amounts(self.amount_undisputed, 0) <= 0
        ):
            texts.append(
                self.env._(
                    "No more than %s waits for it: that is what is open and not held by another "
                    "dispute.",
                    self.currency_id.format(self.amount_disputed),
                )
            )
        return texts
