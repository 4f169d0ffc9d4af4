from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .dispute_dossier import HOLDING_STATES


class DisputeDossier(models.Model):
    """Debtors open a dispute themselves, on the page of an invoice or a reminder. Nothing that was
    entered is trusted."""

    _inherit = "dispute.dossier"

    # === BUSINESS: OPENING ===#
    @api.model
    def _get_disputes_of(self, moves, debtor):
        """Disputes of invoices that are not settled."""
        return self.sudo().search(
            [
                ("line_ids.move_id", "in", moves.ids),
                ("partner_id", "=", debtor.commercial_partner_id.id),
                ("state", "in", HOLDING_STATES),
            ]
        )

    @api.model
    def _get_portal_reasons(self, company):
        """What a debtor can choose from."""
        reasons = self.env["dispute.reason"].sudo()
        own = Domain("company_id", "=", False) | Domain("company_id", "parent_of", company.ids)
        return reasons.search(Domain("portal", "=", True) & own)

    @api.model
    def _dispute_online(self, move, debtor, entered, files, author=None):
        """Open a dispute about an invoice on the page of a debtor.

        An invoice that is disputed is not disputed again, which also is what pressing the button
        twice comes to.

        :param entered: what the browser sent
        :param list files: of name and content
        :param author: ``res.partner`` who is logged in; empty for whoever has the link
        :return: the dispute that was opened, or the one there is
        :raise UserError: in words for the debtor
        """
        debtor = debtor.sudo().commercial_partner_id
        debtor._lock_credit()
        present = self._get_disputes_of(move, debtor)
        if present:
            return present[0]
        person = None if author else self._clean_person(entered.get("name"))
        text = self._clean_text(entered.get("text"))
        reasons = self._get_portal_reasons(move.company_id)
        reason = reasons.filtered(lambda reason: str(reason.id) == entered.get("reason"))
        if not reason:
            raise UserError(self.env._("What is wrong? Please choose a reason."))
        if not text:
            raise UserError(self.env._("Please tell us what is not right."))
        attachments = self._check_files(move.company_id, files)
        outcomes = dict(self._fields["requested_outcome"].selection)
        outcome = entered.get("requested_outcome")
        contact = author if author and author.commercial_partner_id == debtor else None
        dossier = (
            self.sudo()
            .with_company(move.company_id)
            ._open(
                move,
                reason,
                self._parse_parts(move, debtor, entered),
                company_id=move.company_id.id,
                partner_id=debtor.id,
                contact_id=contact.id if contact else False,
                origin="portal",
                description=self._get_body(text, person),
                requested_outcome=outcome if outcome in outcomes else False,
            )
        )
        if attachments:
            # Who has to know was told of the dispute.
            dossier._post_of_debtor(
                "", attachments, author=author, person=person, notify_skip_followers=True
            )
        return dossier

    @api.model
    def _parse_parts(self, move, debtor, entered):
        """Which part of an invoice is disputed: all, some lines or quantities, or an amount.

        :return: values of ``dispute.dossier.line``
        :rtype: list[dict]
        :raise UserError: in words for the debtor
        """
        match entered.get("scope"):
            case "lines":
                return self._parse_lines(move, entered)
            case "amount":
                currency = move.currency_id
                amount = currency.round(self._parse_number(entered.get("amount")))
                total = sum(self._get_portal_items(move, debtor).mapped("amount_currency"))
                if currency.compare_amounts(amount, 0) <= 0:
                    raise UserError(self.env._("Which amount is not right? Please fill it in."))
                if currency.compare_amounts(amount, total) > 0:
                    raise UserError(
                        self.env._(
                            "The invoice is no more than %s: please fill in an amount of it.",
                            currency.format(total),
                        )
                    )
                return [{"move_id": move.id, "amount": amount}]
            case _:
                return [{"move_id": move.id}]

    @api.model
    def _get_portal_items(self, move, debtor):
        """What a debtor owes, or owed, for an invoice; an entry may have items of others too."""
        return move.sudo().line_ids.filtered(
            lambda item: (
                item.account_type == "asset_receivable"
                and item.amount_currency > 0
                and item.partner_id.commercial_partner_id == debtor.commercial_partner_id
            )
        )

    @api.model
    def _parse_lines(self, move, entered):
        parts = []
        for line in self._get_portal_lines(move):
            if not entered.get(f"line_{line.id}"):
                continue
            quantity = entered.get(f"quantity_{line.id}")
            quantity = self._parse_number(quantity) if quantity else line.quantity
            if not 0 < quantity <= line.quantity:
                raise UserError(
                    self.env._(
                        "Of “%(line)s” the invoice has %(quantity)s: please fill in at most that.",
                        line=line.name or line.product_id.name,
                        quantity=f"{line.quantity:g}",
                    )
                )
            parts.append(
                {
                    "move_id": move.id,
                    "invoice_line_id": line.id,
                    "quantity": quantity if quantity < line.quantity else 0.0,
                }
            )
        if not parts:
            raise UserError(self.env._("Which lines are not right? Please choose them."))
        return parts

    @api.model
    def _get_portal_lines(self, move):
        """The lines of an invoice that can be disputed apart."""
        if not move.is_invoice(include_receipts=True):
            return move.invoice_line_ids.browse()
        return move.invoice_line_ids.filtered(
            lambda line: line.display_type == "product" and line.price_total > 0 < line.quantity
        )

    @api.model
    def _parse_number(self, text):
        """A number as people write it; 0 for anything else."""
        try:
            number = float((text or "").strip().replace(",", "."))
        except ValueError:
            return 0.0
        return number if abs(number) < 1e12 else 0.0
