from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.installment_arrangement import HOLDING_STATES

# An arrangement that nobody thought about yet is in three months.
DEFAULT_COUNT = 3
# What stays as it was when an arrangement is renegotiated.
KEPT_TERMS = ("grace_days", "overpayment", "remind_days")
MANAGER = "account_credit_management.group_manager"


class ArrangementPropose(models.TransientModel):
    """The dialog in which somebody works out with a debtor how to pay in installments.

    It opens with a proposal that can go out as it is: what is overdue, in three months. The
    schedule follows every change at once; see `arrangement_propose_plan.py` for how.
    """

    _name = "arrangement.propose"
    _description = "Propose Installments"
    _check_company_auto = True

    # === FIELDS ===#
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", "Debtor", required=True, readonly=True)
    contact_id = fields.Many2one(
        "res.partner",
        "Contact Person",
        domain="[('commercial_partner_id', '=', partner_id)]",
        help="Who gets the agreement. Empty: the debtor.",
    )
    origin = fields.Selection(
        [("office", "Made by us"), ("contact", "Agreed in a talk")],
        required=True,
        readonly=True,
        default="office",
    )
    previous_id = fields.Many2one("installment.arrangement", "Replaces", readonly=True)
    activity_id = fields.Many2one(
        "mail.activity", readonly=True, help="The call of a list that this came from."
    )
    move_line_ids = fields.Many2many(
        "account.move.line", readonly=True, help="Items that were asked for. Empty: the overdue."
    )
    currency_ids = fields.Many2many(
        "res.currency", string="Currencies", compute="_compute_currency_ids"
    )
    currency_count = fields.Integer(compute="_compute_currency_ids")
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', currency_ids)]",
        help="An arrangement is in one currency.",
    )
    item_ids = fields.One2many(
        "arrangement.propose.item",
        "propose_id",
        "Items",
        compute="_compute_item_ids",
        store=True,
        readonly=False,
    )
    has_disputed = fields.Boolean(compute="_compute_has_disputed")
    amount_items = fields.Monetary("Items in Total", compute="_compute_amounts")
    amount_interest = fields.Monetary(
        "Interest",
        compute="_compute_charges",
        store=True,
        readonly=False,
        help="On top: what is owed already, and for the time the debtor gets.",
    )
    amount_costs = fields.Monetary(
        "Costs",
        compute="_compute_charges",
        store=True,
        readonly=False,
        help="On top: what is owed already, and what you add.",
    )
    amount_total = fields.Monetary("To Pay in Installments", compute="_compute_amounts")
    divide_by = fields.Selection(
        [("count", "Number"), ("amount", "Amount")],
        required=True,
        default="count",
    )
    count = fields.Integer("Installments", default=DEFAULT_COUNT)
    amount = fields.Monetary(
        "Amount of Each", compute="_compute_amount", store=True, readonly=False
    )
    interval = fields.Selection(
        [
            ("week", "Every week"),
            ("two_weeks", "Every two weeks"),
            ("month", "Every month"),
            ("custom", "On days and in amounts of your own"),
        ],
        required=True,
        default="month",
    )
    first_due = fields.Date(
        "First Payment On", compute="_compute_first_due", store=True, readonly=False
    )
    first_amount = fields.Monetary(help="Zero: the same as the others.")
    line_ids = fields.One2many(
        "arrangement.propose.line",
        "propose_id",
        "Schedule",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    amount_rest = fields.Monetary("Not Planned Yet", compute="_compute_amount_rest")
    date_end = fields.Date("Last Payment On", compute="_compute_date_end")
    unallocated = fields.Monetary(
        compute="_compute_unallocated",
        help="Payments and credit notes of the debtor that no invoice was paid with yet.",
    )
    note = fields.Text("Remarks on the Agreement", help="Printed on the agreement.")
    problem = fields.Char(compute="_compute_problem")
    warnings = fields.Text(compute="_compute_warnings")
    needs_approval = fields.Boolean(compute="_compute_warnings")
    can_approve = fields.Boolean(compute="_compute_can_approve")

    # === COMPUTE ===#
    @api.depends("partner_id", "company_id", "previous_id", "move_line_ids")
    def _compute_currency_ids(self):
        for wizard in self:
            wizard.currency_ids = wizard._find_own_items().currency_id
            wizard.currency_count = len(wizard.currency_ids)

    @api.depends("currency_ids")
    def _compute_currency_id(self):
        """The currency of the items that would be ticked; with several of them one has to say."""
        for wizard in self:
            currencies = wizard._get_default_items(wizard._find_own_items()).currency_id
            wizard.currency_id = currencies if len(currencies) == 1 else False

    @api.depends("currency_id", "partner_id", "company_id", "previous_id", "move_line_ids")
    def _compute_item_ids(self):
        for wizard in self:
            items = wizard._find_own_items().filtered(
                lambda item, currency=wizard.currency_id: item.currency_id == currency
            )
            ticked = wizard._get_default_items(items)
            amounts = wizard._get_default_amounts(items)
            wizard.item_ids = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "move_line_id": item.id,
                            "selected": item in ticked,
                            "amount": amounts[item],
                        }
                    )
                    for item in items
                ),
            ]

    @api.depends("item_ids.disputed")
    def _compute_has_disputed(self):
        for wizard in self:
            wizard.has_disputed = any(wizard.item_ids.mapped("disputed"))

    @api.depends(
        "item_ids.amount",
        "item_ids.selected",
        "amount_interest",
        "amount_costs",
        "currency_id",
    )
    def _compute_amounts(self):
        for wizard in self:
            currency = wizard.currency_id or wizard.company_id.currency_id
            items = sum(wizard.item_ids.filtered("selected").mapped("amount"))
            wizard.amount_items = currency.round(items)
            wizard.amount_total = currency.round(
                items + wizard.amount_interest + wizard.amount_costs
            )

    @api.depends("company_id", "currency_id", "partner_id")
    def _compute_unallocated(self):
        for wizard in self:
            [(amount,)] = self.env["account.move.line"]._read_group(
                [
                    ("company_id", "=", wizard.company_id.id),
                    ("partner_id", "child_of", wizard.partner_id.id),
                    ("account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("currency_id", "=", wizard.currency_id.id),
                    ("amount_residual_currency", "<", 0),
                ],
                aggregates=["amount_residual_currency:sum"],
            )
            wizard.unallocated = -(amount or 0.0)

    @api.depends("amount_total", "line_ids.amount")
    def _compute_amount_rest(self):
        for wizard in self:
            currency = wizard.currency_id or wizard.company_id.currency_id
            wizard.amount_rest = currency.round(
                wizard.amount_total - sum(wizard.line_ids.mapped("amount"))
            )

    @api.depends("line_ids.date_due")
    def _compute_date_end(self):
        for wizard in self:
            days = wizard.line_ids.filtered("date_due").mapped("date_due")
            wizard.date_end = max(days, default=False)

    @api.depends(
        "amount",
        "amount_costs",
        "amount_interest",
        "amount_rest",
        "count",
        "currency_id",
        "divide_by",
        "first_amount",
        "first_due",
        "interval",
        "item_ids.amount",
        "item_ids.selected",
        "line_ids.amount",
        "line_ids.date_due",
    )
    def _compute_problem(self):
        for wizard in self:
            wizard.problem = wizard._get_problem()

    @api.depends("problem", "line_ids.amount", "line_ids.date_due", "amount_total", "partner_id")
    @api.depends_context("lang")
    def _compute_warnings(self):
        """What the rules of the company say to this plan, asked of an arrangement that is not
        saved."""
        arrangements = self.env["installment.arrangement"]
        for wizard in self:
            plan = arrangements
            if not wizard.problem:
                plan = arrangements.new(wizard._prepare_arrangement_values())
            wizard.needs_approval = plan.needs_approval
            wizard.warnings = plan.rule_text

    @api.depends_context("uid")
    def _compute_can_approve(self):
        self.can_approve = self.env.user.has_group(MANAGER)

    # === ACTIONS ===#
    def action_offer(self):
        """Make the arrangement and offer it to the debtor."""
        arrangement = self._create_arrangement()
        arrangement.action_offer()
        return self._get_next_action(arrangement)

    def action_ask_approval(self):
        """Make the arrangement and ask a credit manager to approve it."""
        arrangement = self._create_arrangement()
        arrangement.action_request_approval()
        return self._get_next_action(arrangement)

    def action_save(self):
        """Make the arrangement, to be offered later."""
        return self._create_arrangement()._get_form_action()

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, partner=None, items=None, previous=None, **values):
        """Open the dialog for a debtor, for items of his, or to replace an arrangement.

        :param values: of other fields of the dialog
        :raise UserError: when nothing can be arranged, or the items are of several debtors
        """
        self.check_access("create")
        if previous:
            items = previous.item_ids.move_line_id
        owner = items.partner_id if items else partner or self.env["res.partner"]
        debtor = owner.commercial_partner_id
        company = items.company_id if items else self.env.company
        if len(debtor) > 1 or len(company) > 1:
            raise UserError(
                self.env._("An arrangement is with one debtor and of one company. Choose again.")
            )
        found = self._find_items(company, debtor, previous)
        if not (found & items if items else found):
            raise UserError(
                self.env._("Nothing is open here that is not in an arrangement already.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Propose Installments"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": debtor.id,
                "default_company_id": company.id,
                "default_previous_id": previous and previous.id,
                "default_move_line_ids": [Command.set(items.ids if items else [])],
                "default_contact_id": previous and previous.contact_id.id,
                "default_note": previous and previous.note,
                "dialog_size": "extra-large",
                **{f"default_{name}": value for name, value in values.items()},
            },
        }

    @api.model
    def _find_items(self, company, debtor, previous=None):
        """What can be arranged: the open items of a debtor that are in no other arrangement,
        oldest first."""
        items = self.env["dunning.contact"]._find_open_items(company, debtor)
        taken = self.env["installment.arrangement.item"].search(
            [
                ("move_line_id", "in", items.ids),
                ("arrangement_id.state", "in", HOLDING_STATES),
                ("arrangement_id", "!=", previous and previous.id),
            ]
        )
        return (items - taken.move_line_id).sorted(lambda item: (item.date_maturity, item.id))

    def _find_own_items(self):
        self.ensure_one()
        if not self.partner_id or not self.company_id:
            return self.env["account.move.line"]
        return self._find_items(self.company_id, self.partner_id, self.previous_id)

    def _get_default_items(self, items):
        """Those that were asked for, else what is overdue, else everything; never what is
        disputed as a whole."""
        today = self.company_id._get_dunning_today()
        disputed = self._get_disputed(items)
        free = items.filtered(
            lambda item: (
                item.currency_id.compare_amounts(
                    item.amount_residual_currency, disputed.get(item, 0.0)
                )
                > 0
            )
        )
        return (
            items & self.move_line_ids._origin
            or free.filtered(lambda item: item.date_maturity < today)
            or free
        )

    @api.model
    def _get_disputed(self, items):
        """What reminders of items wait for because the debtor disputes it, per item."""
        blocks = (
            self.env["dunning.block"]
            .sudo()
            .search(
                [
                    ("kind", "=", "dispute"),
                    ("move_line_id", "in", items.ids),
                    ("state", "=", "active"),
                ]
            )
        )
        disputed = {}
        for block in blocks:
            item = block.move_line_id
            part = block.amount or item.amount_residual_currency
            disputed[item] = min(disputed.get(item, 0.0) + part, item.amount_residual_currency)
        return disputed

    def _get_default_amounts(self, items):
        """What is left of an item in the arrangement that is replaced, else what is open and not
        disputed; of an item that was asked for in spite of a dispute everything."""
        disputed = self._get_disputed(items)
        left = self.previous_id._origin._get_open_amounts() if self.previous_id else {}
        amounts = {}
        for item in items:
            open_amount = item.amount_residual_currency
            part = item.currency_id.round(open_amount - disputed.get(item, 0.0))
            if item in self.move_line_ids._origin and item.currency_id.is_zero(part):
                part = open_amount
            amounts[item] = left.get(item, part)
        return amounts

    def _prepare_arrangement_values(self):
        self.ensure_one()
        previous = self.previous_id._origin
        return {
            **{name: previous[name] for name in KEPT_TERMS if previous},
            "company_id": self.company_id.id,
            "partner_id": self.partner_id._origin.id,
            "contact_id": self.contact_id._origin.id,
            "currency_id": self.currency_id._origin.id,
            "origin": self.origin,
            "previous_id": previous.id,
            "date": self.company_id._get_dunning_today(),
            "amount_interest": self.amount_interest,
            "amount_costs": self.amount_costs,
            "charge_ids": [Command.set(self.charge_ids._origin.ids)],
            "note": self.note,
            "item_ids": [
                Command.create({"move_line_id": item.move_line_id.id, "amount": item.amount})
                for item in self.item_ids.filtered("selected")
            ],
            "line_ids": [
                Command.create({"date_due": line.date_due, "amount": line.amount})
                for line in self.line_ids.sorted("date_due")
            ],
        }

    def _create_arrangement(self):
        self.ensure_one()
        if self.problem:
            raise UserError(self.problem)
        return self.env["installment.arrangement"].create(self._prepare_arrangement_values())

    def _get_next_action(self, arrangement):
        """Open the arrangement; in a list of calls the next call, as every outcome does."""
        following = self.activity_id and self.activity_id._get_next_dunning_contact()
        if following:
            return (
                self.env["dunning.log.contact"]
                .with_context(dunning_call_list=True)
                ._get_open_action(activity=following)
            )
        return arrangement._get_form_action()
