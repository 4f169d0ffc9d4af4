from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

# Blocks that last until their reason is gone: nobody is asked about them.
LASTING_KINDS = ("status", "charge")


class DunningBlock(models.Model):
    """Everything that stops or postpones a reminder is one of these rows.

    A block holds one item, all items of a debtor, or a whole company, between two dates. The
    dunning engine knows blocks only: whatever has a reason to wait opens one and lifts it again.
    A block with an amount holds just that part of an item, the rest is reminded.
    """

    _name = "dunning.block"
    _description = "Dunning Block"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    # === FIELDS ===#
    kind = fields.Selection(
        [
            ("pause", "Pause"),
            ("dispute", "Dispute"),
            ("promise", "Promise to pay"),
            ("arrangement", "Installment arrangement"),
            ("collection", "Collection agency"),
            ("factoring", "Factoring"),
            ("status", "Debtor status"),
            ("other", "Other"),
        ],
        required=True,
        default="pause",
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    scope = fields.Selection(
        [("company", "Whole company"), ("debtor", "Debtor"), ("item", "Item")],
        compute="_compute_scope",
        store=True,
    )
    partner_id = fields.Many2one(
        "res.partner", "Debtor", index="btree_not_null", ondelete="cascade", tracking=True
    )
    move_line_id = fields.Many2one(
        "account.move.line",
        "Item",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        tracking=True,
        help="One due date of one invoice. Empty: everything of the debtor.",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today, tracking=True)
    date_to = fields.Date(
        "Until",
        tracking=True,
        help="Last day of the block; reminders resume by themselves on the next day. "
        "Empty: until someone lifts it.",
    )
    items_until = fields.Date(
        tracking=True,
        help="Holds only what was invoiced until this day; later items go on. Empty: everything.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    amount = fields.Monetary(
        tracking=True,
        help="Part of the item that is held, in the item's currency. Zero: the whole item.",
    )
    reason = fields.Char(required=True, tracking=True)
    lifted_date = fields.Datetime("Lifted On", readonly=True, copy=False, tracking=True)
    res_model = fields.Char("Source Model", readonly=True)
    res_id = fields.Many2oneReference("Source", model_field="res_model", readonly=True)
    state = fields.Selection(
        [("planned", "Planned"), ("active", "Active"), ("over", "Over"), ("lifted", "Lifted")],
        compute="_compute_state",
        search="_search_state",
    )

    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)",
        "A block cannot end before it begins.",
    )
    _amount_of_an_item = models.Constraint(
        "CHECK (COALESCE(amount, 0) = 0 OR (move_line_id IS NOT NULL AND amount > 0))",
        "Only a block of one item can hold a part of the amount.",
    )

    needs_review = fields.Boolean(
        compute="_compute_needs_review",
        search="_search_needs_review",
        help="Active for longer than the settings allow, so that nobody may think of it any more. "
        "The status of a debtor, such as bankruptcy, lasts until it is ended on the debtor; "
        "installments, and invoices of costs, are looked after by themselves.",
    )

    review_asked_date = fields.Date(readonly=True, copy=False)

    # === CONSTRAINTS ===#
    @api.constrains("partner_id", "move_line_id")
    def _check_partner(self):
        for block in self:
            debtor = block.move_line_id.partner_id.commercial_partner_id
            if debtor and block.partner_id and block.partner_id.commercial_partner_id != debtor:
                raise ValidationError(
                    self.env._(
                        "Item %(item)s is not of %(debtor)s.",
                        item=block.move_line_id.display_name,
                        debtor=block.partner_id.display_name,
                    )
                )

    # === COMPUTE ===#
    @api.depends("partner_id", "move_line_id")
    def _compute_scope(self):
        for block in self:
            block.scope = (
                "item" if block.move_line_id else "debtor" if block.partner_id else "company"
            )

    @api.depends("move_line_id.currency_id", "company_id.currency_id")
    def _compute_currency_id(self):
        for block in self:
            block.currency_id = block.move_line_id.currency_id or block.company_id.currency_id

    @api.depends("date_from", "date_to", "lifted_date")
    def _compute_state(self):
        today = fields.Date.context_today(self)
        for block in self:
            if block.lifted_date:
                block.state = "lifted"
            elif block.date_to and block.date_to < today:
                block.state = "over"
            elif block.date_from and block.date_from > today:
                block.state = "planned"
            else:
                block.state = "active"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        not_lifted = fields.Domain("lifted_date", "=", False)
        over = fields.Domain("date_to", "<", today)
        planned = fields.Domain("date_from", ">", today)
        domains = {
            "lifted": fields.Domain("lifted_date", "!=", False),
            "over": not_lifted & over,
            "planned": not_lifted & planned,
            "active": not_lifted & ~over & ~planned,
        }
        return fields.Domain.OR(domains[state] for state in value if state in domains)

    @api.depends("kind", "date_from", "lifted_date", "date_to")
    def _compute_needs_review(self):
        for block in self:
            block.needs_review = (
                block.state == "active"
                and block.kind not in LASTING_KINDS
                and block.res_model != "installment.arrangement"
                and block.date_from < block._get_review_limit()
            )

    def _search_needs_review(self, operator, value):
        if operator != "in":
            return NotImplemented
        old = fields.Domain.OR(
            fields.Domain("company_id", "=", company.id)
            & fields.Domain("date_from", "<", self._get_review_limit(company))
            for company in self.env["res.company"].sudo().search([])
        ) & fields.Domain(
            [
                ("state", "in", ["active"]),
                ("kind", "not in", LASTING_KINDS),
                ("res_model", "!=", "installment.arrangement"),
            ]
        )
        return fields.Domain.OR(old if wanted else ~old for wanted in value)

    @api.depends("kind", "reason")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for block in self:
            block.display_name = f"{kinds.get(block.kind, '')}: {block.reason or ''}"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        """Fill the debtor of an item, and keep blocks on the commercial entity."""
        blocks = super().create(vals_list)
        for block in blocks:
            debtor = (block.partner_id or block.move_line_id.partner_id).commercial_partner_id
            if block.partner_id != debtor:
                block.partner_id = debtor
        blocks._log_on_debtor()
        blocks._pause_together()
        return blocks

    # === ACTIONS ===#
    def action_lift(self):
        """Let reminders resume today. Lifting twice is harmless.

        :raise UserError: when the block comes from the status of its debtor
        """
        for block in self.filtered(lambda block: block.kind == "status"):
            if block.partner_id.debtor_status:
                raise UserError(
                    self.env._(
                        "%(debtor)s: %(reason)s. Reminders resume when that status is ended on "
                        "the debtor.",
                        debtor=block.partner_id.display_name,
                        reason=block.reason,
                    )
                )
        self._lift()

    # === BUSINESS ===#
    def _lift(self):
        blocks = self.filtered(lambda block: not block.lifted_date)
        blocks.lifted_date = fields.Datetime.now()
        blocks.activity_ids.unlink()

    def _covers(self, item):
        """Whether an item of the block's scope is old enough to be held by it."""
        self.ensure_one()
        return not self.items_until or item._get_dunning_date() <= self.items_until

    @api.model
    def _get_pause_action(self, company, debtor, items):
        """Open the form of a new pause of these items: of an invoice with several due dates the
        form shows the first, and saving it pauses them all."""
        name = self.env._("Pause Reminders")
        if len(items) > 1:
            name = self.env._("Pause Reminders of %s Due Dates", len(items))
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_company_id": company.id,
                "default_partner_id": debtor.id,
                "default_move_line_id": items[:1].id,
                "dunning_pause_item_ids": items.ids,
            },
        }

    def _pause_together(self):
        """Pause the other due dates of an invoice too, see :meth:`_get_pause_action`."""
        items = set(self.env.context.get("dunning_pause_item_ids", []))
        for block in self.filtered(lambda block: block.move_line_id.id in items):
            for item_id in items - {block.move_line_id.id}:
                block.with_context(dunning_pause_item_ids=[]).copy(
                    {"move_line_id": item_id, "amount": 0}
                )

    def _get_review_limit(self, company=None):
        """Blocks that began before this day are old."""
        company = company or self.company_id
        today = fields.Date.context_today(self)
        return today - timedelta(days=company.dunning_block_review_days)

    def _log_on_debtor(self):
        """Tell the debtor's chatter what is held, once for blocks that differ by company only.

        Not with ``dunning_block_quiet`` in the context: then a message tells it already.
        """
        if self.env.context.get("dunning_block_quiet"):
            return
        told = set()
        for block in self.filtered("partner_id"):
            until = block.date_to and format_date(self.env, block.date_to)
            body = self.env._(
                "Reminders held (%(what)s) until %(until)s: %(reason)s",
                what=block._get_scope_text(),
                until=until or self.env._("further notice"),
                reason=block.reason,
            )
            if (block.partner_id, body) not in told:
                block.partner_id._message_log(body=body)
            told.add((block.partner_id, body))

    def _get_scope_text(self):
        self.ensure_one()
        if self.move_line_id:
            return self.move_line_id.display_name
        if self.items_until:
            return self.env._("what was invoiced until %s", format_date(self.env, self.items_until))
        return self.env._("all items")

    # === CRON ===#
    @api.model
    def _ask_for_review(self):
        """Ask about every old block whether it still holds, and again after as many days.

        Its maker is asked, or the contact for debtors when a program made it.
        """
        for block in self.search([("needs_review", "=", True)]):
            if block.review_asked_date and block.review_asked_date >= block._get_review_limit():
                continue
            is_person = block.create_uid.active and block.create_uid._is_internal()
            contact = block.company_id.dunning_user_id.filtered("active")
            responsible = is_person and block.create_uid or contact
            block.review_asked_date = fields.Date.context_today(block)
            block.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Do the reminders still have to wait?"),
                note=block.display_name,
                user_id=(responsible or self.env.user).id,
            )
