from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, is_html_empty
from odoo.tools.misc import clean_context

from ..models.dispute_dossier import HOLDING_STATES
from ..models.dispute_dossier_line import DISPUTABLE_TYPES


class DisputeOpen(models.TransientModel):
    """The dialog in which a dispute is opened: what of which invoices, why, and what the debtor
    asks for. Whoever may see the invoices can open one, without rights to change them."""

    _name = "dispute.open"
    _description = "Open a Dispute"

    # === FIELDS ===#
    partner_id = fields.Many2one("res.partner", "Debtor", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    what = fields.Selection(
        [
            ("whole", "Whole invoices"),
            ("amount", "An amount"),
            ("lines", "Lines or quantities"),
        ],
        "Disputed",
        required=True,
        default="whole",
    )
    line_ids = fields.One2many(
        "dispute.open.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    # The invoices it was opened for, ticked; those of a debtor are all listed.
    move_ids = fields.Many2many("account.move", string="Invoices", readonly=True)
    reason_id = fields.Many2one(
        "dispute.reason",
        required=True,
        domain="['|', ('company_id', '=', False), ('company_id', 'parent_of', company_id)]",
    )
    description = fields.Html("What the Debtor Says")
    requested_outcome = fields.Selection(
        selection=lambda self: (
            self.env["dispute.dossier"]
            ._fields["requested_outcome"]
            ._description_selection(self.env)
        ),
        string="The Debtor Asks For",
    )
    contact_id = fields.Many2one("res.partner", "Told By")
    user_id = fields.Many2one("res.users", "Responsible", domain="[('share', '=', False)]")
    priority = fields.Selection([("0", "Normal"), ("1", "High")], default="0", required=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Files")
    amount = fields.Monetary("Total", compute="_compute_amount")
    notice = fields.Html(compute="_compute_notice", compute_sudo=True, sanitize=False)

    # === COMPUTE ===#
    @api.depends("line_ids.selected", "move_ids")
    def _compute_currency_id(self):
        for wizard in self:
            moves = wizard.sudo()._get_moves()
            wizard.currency_id = moves[:1].currency_id or wizard.company_id.currency_id

    @api.depends("what", "partner_id", "company_id")
    def _compute_line_ids(self):
        """One row per invoice, or one per line of the invoices."""
        for wizard in self:
            ticked = wizard._get_moves() or wizard.move_ids._origin
            moves = wizard._find_moves()
            wizard.line_ids = [
                Command.clear(),
                *(
                    Command.create(values)
                    for values in wizard._prepare_lines(moves, ticked or moves[: len(moves) == 1])
                ),
            ]

    @api.depends("what", "line_ids.selected", "line_ids.amount", "line_ids.quantity")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = sum(line._get_claim() for line in wizard._get_selected())

    @api.depends("line_ids.selected")
    @api.depends_context("lang")
    def _compute_notice(self):
        for wizard in self:
            texts = wizard._get_notices()
            wizard.notice = Markup().join(Markup("<div>%s</div>") % text for text in texts)

    # === ACTIONS ===#
    def action_open(self):
        """Open the dispute, and go there."""
        self.ensure_one()
        # The defaults of this dialog are not those of the dispute.
        dossiers = self.env(context=clean_context(self.env.context))["dispute.dossier"]
        dossiers.check_access("create")
        self.partner_id.check_access("read")
        if self.company_id not in self.env.companies:
            raise AccessError(
                self.env._("Switch to %s to log this.", self.company_id.sudo().display_name)
            )
        selected = self._get_selected()
        if not selected:
            raise UserError(self.env._("Choose what is disputed."))
        selected._check_part()
        dossier = dossiers._open(
            selected.move_id,
            self.reason_id,
            [line._prepare_part() for line in selected],
            company_id=self.company_id.id,
            partner_id=self.partner_id.id,
            contact_id=self.contact_id.id,
            description=False if is_html_empty(self.description) else self.description,
            requested_outcome=self.requested_outcome,
            priority=self.priority,
            **({"user_id": self.user_id.id} if self.user_id else {}),
        )
        self._hand_over_files(dossier)
        return dossier._get_records_action()

    # === BUSINESS ===#
    def _get_selected(self):
        return self.line_ids.filtered("selected")

    def _hand_over_files(self, dossier):
        """Give the dispute the files that the user added here."""
        files = self.sudo().attachment_ids.filtered(
            lambda file: file.create_uid == self.env.user and file.res_model == self._name
        )
        if files:
            files.write({"res_model": dossier._name, "res_id": dossier.id})
            dossier.message_post(body=self.env._("Files of the debtor"), attachment_ids=files.ids)

    def _get_moves(self):
        return self._get_selected().move_id

    def _filter_choice(self, moves):
        """Documents of the debtor that the user may see."""
        readable = moves.sudo(False)._filtered_access("read").sudo()
        return readable.filtered(
            lambda move: (
                move.company_id == self.company_id
                and move.move_type in DISPUTABLE_TYPES
                and self.partner_id.commercial_partner_id in self._get_debtors(move)
            )
        )

    @api.model
    def _get_debtors(self, moves):
        """Debtors of documents; opening entries have theirs on their items only."""
        partners = moves.partner_id | moves._get_dunning_items().partner_id
        return partners.commercial_partner_id

    def _find_moves(self):
        """The invoices to choose from, as far as the user may see them: those it was opened for,
        else what is open of the debtor."""
        self.ensure_one()
        moves = self.move_ids._origin.sudo()
        if not moves:
            items = (
                self.env["account.move.line"]
                .sudo()
                .search(
                    [
                        ("company_id", "=", self.company_id.id),
                        ("partner_id", "child_of", self.partner_id.id),
                        ("account_type", "=", "asset_receivable"),
                        ("parent_state", "=", "posted"),
                        ("reconciled", "=", False),
                        ("amount_residual", ">", 0),
                        ("move_id.move_type", "in", DISPUTABLE_TYPES),
                    ],
                    order="date_maturity, id",
                )
            )
            moves = items.move_id
        return self._filter_choice(moves)

    def _prepare_lines(self, moves, ticked):
        """Values of the rows to choose from.

        :param account.move ticked: these are chosen already, as a whole or in amounts; lines of
            them are to be chosen one by one
        """
        if self.what != "lines":
            return [
                {"move_id": move.id, "selected": move in ticked, "amount": 0.0} for move in moves
            ]
        return [
            {
                "move_id": move.id,
                "invoice_line_id": line.id,
                "quantity": line.quantity,
                "selected": False,
            }
            for move in (moves & ticked if ticked else moves)
            for line in move.invoice_line_ids
            if line.display_type == "product"
        ]

    def _get_notices(self):
        """What to know before opening it: other disputes, approval, nothing to hold."""
        texts = []
        moves = self._get_moves()
        others = self.env["dispute.dossier.line"].search([("move_id", "in", moves.ids)])
        for other in others.dossier_id.sorted(
            lambda one: (one.state not in HOLDING_STATES, one.id)
        ):
            texts.append(
                Markup("%s")
                % self.env._(
                    "%(invoice)s is disputed already in %(dispute)s of %(date)s (%(state)s): "
                    "%(reason)s",
                    invoice=", ".join((other.line_ids.move_id & moves).mapped("name")),
                    dispute=Markup('<a href="/odoo/%s/%s">%s</a>')
                    % (other._name, other.id, other.name),
                    date=format_date(self.env, other.date),
                    state=dict(other._fields["state"]._description_selection(self.env))[
                        other.state
                    ],
                    reason=other.reason_id.name,
                )
            )
        today, days = self.company_id._get_dunning_today(), self.company_id.dispute_window_days
        for move in moves:
            if days > 0 and (today - (move.invoice_date or move.date)).days > days:
                texts.append(
                    self.env._(
                        "%(invoice)s is of %(date)s, longer than %(days)s days ago: a credit "
                        "manager decides whether the dispute is taken up.",
                        invoice=move.name,
                        date=format_date(self.env, move.invoice_date or move.date),
                        days=days,
                    )
                )
            if move.payment_state in ("paid", "in_payment", "reversed"):
                texts.append(self.env._("%s is paid: there is nothing to hold.", move.name))
        return texts

    @api.model
    def _get_open_action(self, partner=None, moves=None):
        """Open the dialog for a debtor, or for invoices of one.

        :raise UserError: when the invoices are of several debtors, companies or currencies
        """
        self.check_access("create")
        if moves is not None:
            moves = moves.sudo()
            debtor = self._get_debtors(moves)
            company = moves.company_id
            if len(debtor) != 1 or len(company) != 1 or len(moves.currency_id) != 1:
                raise UserError(
                    self.env._(
                        "A dispute is of one debtor, in one company and currency. Choose again."
                    )
                )
            if any(
                move.state != "posted" or move.move_type not in DISPUTABLE_TYPES for move in moves
            ):
                raise UserError(self.env._("Only posted customer invoices are disputed."))
        else:
            debtor, company = partner.commercial_partner_id, self.env.company
        values = {
            "default_partner_id": debtor.id,
            "default_company_id": company.id,
            "default_move_ids": [Command.set(moves.ids)] if moves else [],
        }
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open a Dispute"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": values,
        }
