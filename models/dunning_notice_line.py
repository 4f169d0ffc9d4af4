from odoo import api, fields, models

NOTICE_STATES = [
    ("proposed", "To release"),
    ("ready", "Ready to send"),
    ("sending", "Sending"),
    ("todo", "To do"),
    ("sent", "Sent"),
    ("failed", "Failed"),
    ("obsolete", "Obsolete"),
    ("cancelled", "Cancelled"),
    ("imported", "Imported"),
    ("corrected", "Withdrawn"),
]

# A person may still take out what is not being sent.
REMOVABLE_STATES = ("proposed", "ready", "failed", "todo")


class DunningNoticeLine(models.Model):
    """One item in a notice, as it stood when it was proposed: the memory of dunning.

    The state is stored on the line so that the database itself can refuse a second reminder of
    the same level, whatever crashes or runs twice. There are few foreign keys and no log fields
    on purpose: they are what a run over a large ledger spends its time on.
    """

    _name = "dunning.notice.line"
    _description = "Dunning Notice Line"
    _order = "date_maturity, id"
    _rec_name = "move_name"
    _log_access = False

    # === FIELDS ===#
    notice_id = fields.Many2one("dunning.notice", required=True, index=True, ondelete="cascade")
    move_line_id = fields.Many2one(
        "account.move.line",
        "Item",
        index="btree_not_null",
        ondelete="set null",
        help="One due date of one invoice.",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    level_id = fields.Many2one("dunning.level", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True)
    partner_id = fields.Many2one(related="notice_id.partner_id")
    currency_id = fields.Many2one(related="notice_id.currency_id")
    state = fields.Selection(NOTICE_STATES, required=True)
    severity = fields.Integer(
        required=True, help="Firmness of the level at that moment; what follows is firmer."
    )
    sent_date = fields.Date("Sent On")
    term_date = fields.Date(
        "Pay Before",
        help="Last day to pay that the message gave. The next level waits until it has passed.",
    )
    move_name = fields.Char("Number", required=True)
    invoice_date = fields.Date()
    date_maturity = fields.Date("Due Date", required=True)
    days_overdue = fields.Integer(compute="_compute_days_overdue")
    amount_residual = fields.Monetary(
        "Amount Due", help="Open and not disputed when the notice was made, in its currency."
    )

    _one_live_line_per_level = models.UniqueIndex(
        "(move_line_id, level_id) WHERE state IN "
        "('proposed', 'ready', 'sending', 'todo', 'failed', 'sent', 'imported')",
        "This item already has a reminder of this level.",
    )
    _one_pending_line = models.UniqueIndex(
        "(move_line_id) WHERE state IN ('proposed', 'ready', 'sending', 'todo', 'failed')",
        "This item is already in a reminder that was not sent yet.",
    )

    # === COMPUTE ===#
    @api.depends("date_maturity", "sent_date", "notice_id.date")
    def _compute_days_overdue(self):
        """Days late on the day of sending; negative when it was not due yet."""
        for line in self:
            day = line.sent_date or line.notice_id.date
            line.days_overdue = (day - line.date_maturity).days if day else 0

    # === ACTIONS ===#
    def action_remove(self):
        """Take this item out of its reminder; the others stay in it."""
        return self.env["dunning.remove.notice"]._get_open_action(self.notice_id, self)
