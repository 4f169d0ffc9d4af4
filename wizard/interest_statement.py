from collections import defaultdict
from datetime import date
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import formatLang

from ..models.res_company_interest import INTEREST_KINDS

REPORT = "account_credit_management.action_report_interest_statement"
# More claims than this are summed up after the letter itself.
MAX_LETTER_CLAIMS = 12


class InterestStatement(models.TransientModel):
    """The interest a debtor owes up to a day, line by line, as a letter for debtor or court.

    Nothing is stored but the letter, with the debtor: for another day it is calculated again.
    """

    _name = "interest.statement"
    _description = "Interest Statement"
    _inherit = "credit.document"

    # === FIELDS ===#
    name = fields.Char(compute="_compute_name")
    partner_id = fields.Many2one("res.partner", "Debtor", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    contact_id = fields.Many2one("res.partner", compute="_compute_contact_id", compute_sudo=True)
    user_id = fields.Many2one("res.users", compute="_compute_user_id", compute_sudo=True)
    debtor_code = fields.Char(related="partner_id.debtor_code")
    date_until = fields.Date(
        "Up To",
        required=True,
        help="The last day of interest. An item that was paid bears none after its payment.",
    )
    include_paid = fields.Boolean(
        "Paid Late Too", help="Interest stays claimable after the principal was paid."
    )
    date_since = fields.Date("Fell Due Since", help="How far to look back for what was paid late.")
    given_item_ids = fields.Many2many(
        "account.move.line", "interest_statement_given_item_rel", readonly=True
    )
    item_ids = fields.Many2many(
        "account.move.line",
        "interest_statement_item_rel",
        string="Items",
        compute="_compute_item_ids",
        store=True,
        readonly=False,
    )
    kind_usual = fields.Selection(INTEREST_KINDS, compute="_compute_kind_usual", compute_sudo=True)
    kind = fields.Selection(
        INTEREST_KINDS,
        "Interest",
        compute="_compute_kind",
        store=True,
        readonly=False,
    )
    kind_reason = fields.Char("Why Another", help="Kept with the debtor, next to the statement.")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    problem = fields.Char(compute="_compute_preview", help="Why nothing can be calculated.")
    caution = fields.Text(compute="_compute_caution", help="What to look at before it is sent.")

    # === COMPUTE ===#
    @api.depends("partner_id", "date_until")
    def _compute_name(self):
        for statement in self:
            code = statement.partner_id.sudo().debtor_code or str(statement.partner_id.id)
            statement.name = f"{code}/{statement.date_until or ''}"

    @api.depends("partner_id")
    def _compute_contact_id(self):
        """Whoever answers for the debtor, else his address for invoices."""
        for statement in self:
            debtor = statement.partner_id
            in_charge = debtor.debtor_status and debtor.debtor_status_contact_id
            statement.contact_id = (
                in_charge
                or debtor.dunning_addressee_id
                or debtor.browse(debtor.address_get(["invoice"])["invoice"])
            )

    @api.depends("company_id")
    def _compute_user_id(self):
        for statement in self:
            statement.user_id = statement.company_id.dunning_user_id or self.env.user

    @api.depends("partner_id", "company_id", "given_item_ids", "include_paid", "date_since")
    def _compute_item_ids(self):
        for statement in self:
            items = statement.given_item_ids or statement._find_open_items()
            if statement.include_paid:
                items |= statement._find_paid_items()
            statement.item_ids = items

    @api.depends("partner_id", "company_id")
    def _compute_kind_usual(self):
        service = self.env["statutory.interest"]
        for statement in self:
            basis = service._get_basis(statement.company_id, statement.partner_id)
            statement.kind_usual = basis.kind or False

    @api.depends("kind_usual")
    def _compute_kind(self):
        for statement in self:
            statement.kind = statement.kind_usual

    @api.depends("item_ids", "date_until", "kind", "company_id")
    def _compute_preview(self):
        for statement in self:
            try:
                claims = statement._get_claims()
            except UserError as error:
                statement.problem, statement.preview = str(error), False
                continue
            statement.problem = False
            statement.preview = self.env["ir.qweb"]._render(
                "account_credit_management.interest_statement_preview",
                {"o": statement, "claims": claims},
            )

    @api.depends("item_ids", "date_until", "kind", "problem")
    def _compute_caution(self):
        for statement in self:
            notes = []
            if not statement.problem:
                for rate in statement._get_used_rates().filtered(lambda rate: not rate.checked_on):
                    notes.append(self.env._("To be confirmed: %s", rate.display_name))
            if statement._has_unallocated_money():
                notes.append(
                    self.env._("Money of this debtor is not allocated yet: do that first.")
                )
            statement.caution = "\n".join(notes)

    # === ACTIONS ===#
    def action_print(self):
        """Make the letter, keep it with the debtor, and download it.

        :raise UserError: when there is no interest to claim, or a rate is not known
        """
        self.ensure_one()
        self._check_allowed()
        if self.kind != self.kind_usual and not (self.kind_reason or "").strip():
            raise UserError(self.env._("Say why the interest is of another kind than usual."))
        if not any(claim.lines for claim in self._get_claims()):
            raise UserError(self.env._("No interest can be claimed up to this day."))
        self._get_used_rates()._mark_used()
        attachment = self._keep_letter()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
            "close": True,
        }

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, partner, items=None):
        """Open the statement of a debtor, of these items or of all that is overdue."""
        debtor = partner.commercial_partner_id
        company = items.company_id if items else self.env.company
        today = company._get_dunning_today()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Interest Statement"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": debtor.id,
                "default_company_id": company.id,
                "default_date_until": fields.Date.to_string(today),
                "default_date_since": fields.Date.to_string(today - relativedelta(years=1)),
                "default_given_item_ids": [Command.set(items.ids if items else [])],
            },
        }

    def _check_allowed(self):
        self.partner_id.check_access("read")
        self.item_ids.check_access("read")
        if self.company_id not in self.env.companies:
            raise AccessError(
                self.env._("Switch to %s to do this.", self.company_id.sudo().display_name)
            )
        for item in self.item_ids:
            debtor = item.partner_id.commercial_partner_id
            if item.company_id != self.company_id or debtor != self.partner_id:
                raise UserError(
                    self.env._(
                        "%(item)s is not of %(debtor)s.",
                        item=item.display_name,
                        debtor=self.partner_id.display_name,
                    )
                )

    def _get_item_domain(self):
        """What this debtor owes or owed; on costs and interest none is claimed."""
        self.ensure_one()
        domain = fields.Domain(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "child_of", self.partner_id.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("amount_currency", ">", 0),
                ("move_id.charge_ids", "=", False),
            ]
        )
        charge = self.company_id.arrangement_charge_product_id
        if charge:
            domain &= ~fields.Domain("move_id.line_ids.product_id", "in", charge.ids)
        return domain

    def _find_open_items(self):
        domain = self._get_item_domain() & fields.Domain(
            [
                ("reconciled", "=", False),
                ("amount_residual_currency", ">", 0),
                ("date_maturity", "<", self.company_id._get_dunning_today()),
            ]
        )
        return self.env["account.move.line"].search(domain, order="date_maturity, id")

    def _find_paid_items(self):
        """What was paid in full after its due date."""
        domain = self._get_item_domain() & fields.Domain(
            [
                ("reconciled", "=", True),
                ("date_maturity", ">=", self.date_since or date.min),
            ]
        )
        items = self.env["account.move.line"].search(domain, order="date_maturity, id")
        return items.filtered(
            lambda item: any(
                line.date > item.date_maturity for line in item.matched_credit_ids.credit_move_id
            )
        )

    def _has_unallocated_money(self):
        domain = [
            ("company_id", "=", self.company_id.id),
            ("partner_id", "child_of", self.partner_id.id),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("amount_residual", "<", 0),
        ]
        return bool(self.env["account.move.line"].search_count(domain, limit=1))

    # === BUSINESS: CONTENTS ===#
    def _get_items(self):
        """The items, oldest due date first, as they are in the database."""
        items = self.item_ids._origin
        return items.sorted(lambda item: (item.date_maturity or item.date, item.id))

    def _get_claims(self):
        """The interest on each item.

        :rtype: list[statutory_interest.Claim]
        :raise UserError: when the rate of a day is not known
        """
        self.ensure_one()
        if not self.date_until:
            return []
        service = self.env["statutory.interest"]
        return service._accrue(self._get_items(), self.date_until, kind=self.kind)

    def _get_totals(self, claims):
        """The sums of the claims in each currency: currencies are never added up.

        :return: pairs of a currency and its sums of principal, what is open of it, interest and
            interest on what is disputed
        """
        totals = {}
        for claim in claims:
            sums = totals.setdefault(
                claim.currency,
                {name: Decimal(0) for name in ("principal", "open", "interest", "disputed")},
            )
            sums["principal"] += claim.principal
            sums["open"] += claim.open
            sums["interest"] += claim.total
            sums["disputed"] += claim.total_disputed
        return list(totals.items())

    def _get_rows(self, claim):
        """The undisputed part day by day: the lines of interest, and the payments after them."""
        lines = claim.interest.lines if claim.interest else ()
        rows = [{"day": line.date_to, "line": line} for line in lines]
        rows += [{"day": day, "line": False, "amount": -amount} for day, amount in claim.payments]
        return sorted(rows, key=lambda row: (row["day"], not row["line"]))

    def _get_omissions(self, claims):
        """Why nothing is claimed of some items: each reason once, with their numbers."""
        reasons = defaultdict(list)
        for claim in claims:
            if claim.omitted:
                reasons[claim.omitted].append(claim.item.move_id.name)
        return list(reasons.items())

    def _get_used_rates(self):
        """The rates in force on a day of interest, oldest first."""
        rates = self.env["statutory.rate"].sudo()
        if not self.kind or self.kind == "contract":
            return rates
        lines = [line for claim in self._get_claims() for line in claim.lines]
        if not lines:
            return rates
        first = min(line.date_from for line in lines)
        return rates._get_rates(self.kind, first, max(line.date_to for line in lines)).filtered(
            lambda rate: any(
                line.date_from <= rate.valid_until and line.date_to >= rate.valid_from
                for line in lines
            )
        )

    def _get_basis(self):
        return self.env["statutory.interest"]._get_basis(
            self.company_id, self.partner_id, kind=self.kind
        )

    def _get_kind_label(self):
        return self.env["statutory.interest"]._get_kind_label(self.kind)

    def _format_money(self, amount, currency):
        # A number that is rounded already is shown; the sums are made of the exact ones.
        return formatLang(self.env, float(amount), currency_obj=currency)

    def _format_rate(self, percent):
        """A percentage with two decimals, or more when it has more."""
        decimals = len(f"{percent:.4f}".rstrip("0").partition(".")[2])
        return formatLang(self.env, float(percent), digits=max(decimals, 2))

    def _get_text_date(self):
        # EXTENDS: the day on which the letter is made
        return self.company_id._get_dunning_today()

    def _shows_claims_in_letter(self, claims):
        return len(claims) <= MAX_LETTER_CLAIMS

    # === BUSINESS: PDF ===#
    def _get_letter_name(self):
        """File name of the letter, without extension."""
        return self.env._("Interest Statement %s", self.name).replace("/", "-")

    def _keep_letter(self):
        """Render the letter and keep it with the debtor, with what was chosen by hand."""
        report = self.env["ir.actions.report"].sudo().with_company(self.company_id)
        content, _type = report._render_qweb_pdf(REPORT, self.ids)
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": f"{self._get_letter_name()}.pdf",
                    "raw": content,
                    "res_model": "res.partner",
                    "res_id": self.partner_id.id,
                    "company_id": self.company_id.id,
                }
            )
        )
        totals = ", ".join(
            self._format_money(sums["claimed"], currency)
            for currency, sums in self._get_totals(self._get_claims())
        )
        body = self.env._(
            "Interest up to %(day)s stated: %(amount)s (%(kind)s).",
            day=self._format_text_date(self.date_until),
            amount=totals,
            kind=self._get_kind_label(),
        )
        if self.kind != self.kind_usual:
            body = f"{body} {self.kind_reason}"
        self.partner_id.sudo()._message_log(body=body, attachment_ids=attachment.ids)
        return attachment
