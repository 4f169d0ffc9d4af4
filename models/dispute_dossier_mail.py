import re

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import email_normalize, html2plaintext, plaintext2html

# Of a mail no more is read for numbers, or kept as what the debtor says.
SEARCH_LENGTH = 50_000
DESCRIPTION_LENGTH = 5000
# The newest invoices of a debtor among which a mail can mean some.
MAX_INVOICES = 3000
# A mail that names more of them than this is a list, and a person reads it.
MAX_NAMED = 10
# References that are shorter are in any text.
MIN_REFERENCE = 5


class DisputeDossier(models.Model):
    """What comes in by e-mail: a dispute of a debtor who is known by his address, about invoices
    that he names. A person reads anything else."""

    _inherit = "dispute.dossier"

    # === BUSINESS: GATEWAY ===#
    @api.model
    def message_new(self, msg_dict, custom_values=None):
        # OVERRIDE 'mail': whoever writes about a dispute that there is, goes on with it
        self._clean_message(msg_dict)
        company = self.env["res.company"].browse(
            (custom_values or {}).get("company_id") or self.env.company.id
        )
        gateway = self.with_company(company).with_user(self.env.ref("base.user_root"))
        return gateway._receive(company, msg_dict)

    def message_update(self, msg_dict, update_vals=None):
        # EXTENDS 'mail': when the debtor answers it is up to us
        self._clean_message(msg_dict)
        res = super().message_update(msg_dict, update_vals)
        if self._is_from_outside(msg_dict):
            self._take_answer()
        return res

    @api.model
    def _detect_loop_sender_domain(self, email_from_normalized):
        # OVERRIDE 'mail': the address is that of a contact
        return [
            ("origin", "=", "mail"),
            ("contact_id.email_normalized", "=", email_from_normalized),
        ]

    def _take_answer(self):
        """The debtor answered."""
        for dossier in self.filtered(lambda dossier: dossier.waiting_for == "customer"):
            dossier.write({"waiting_for": "us"})

    @api.model
    def _is_from_outside(self, msg_dict):
        author = self.env["res.partner"].sudo().browse(msg_dict.get("author_id") or [])
        return not author or author.partner_share

    @api.model
    def _clean_message(self, msg_dict):
        """Give attachments harmless names."""
        msg_dict["attachments"] = [
            attachment._replace(fname=self._clean_file_name(attachment.fname))
            for attachment in msg_dict.get("attachments") or []
        ]

    # === BUSINESS: WHAT IT IS ABOUT ===#
    @api.model
    def _receive(self, company, msg_dict):
        """Find or make what a mail belongs to.

        :return: the record on which it is posted: a dispute, or the contact that a person looks
            after
        """
        senders = self._find_senders(company, msg_dict.get("email_from"))
        debtors = senders.commercial_partner_id
        body = html2plaintext(msg_dict.get("body") or "")
        text = f"{msg_dict.get('subject') or ''}\n{body}"[:SEARCH_LENGTH]
        present = self._find_named_disputes(company, debtors, text)
        if present:
            present._take_answer()
            return present
        moves = self._find_named_invoices(company, debtors, text)
        if not moves or len(moves) > MAX_NAMED:
            return self._ask_reader(company, debtors, msg_dict)
        disputed = self._get_disputes_of_debtors(moves)
        moves -= disputed.line_ids.move_id
        opened = self.browse()
        try:
            with self.env.cr.savepoint():
                for group in moves.grouped(
                    lambda move: (self._get_debtor(move), move.currency_id)
                ).values():
                    opened |= self._open_by_mail(group, senders, body)
        except UserError:
            # What cannot be disputed is not lost: somebody reads it.
            return self._ask_reader(company, debtors, msg_dict)
        if not opened:
            disputed._take_answer()
        return (opened or disputed)[:1]

    @api.model
    def _open_by_mail(self, moves, senders, body):
        """Open a dispute about invoices of one debtor, in one currency."""
        debtor = self._get_debtor(moves[:1])
        contacts = senders.filtered(lambda sender: sender.commercial_partner_id == debtor)
        return self._open(
            moves,
            company_id=moves.company_id.id,
            partner_id=debtor.id,
            contact_id=contacts[:1].id,
            origin="mail",
            description=plaintext2html(body.strip()[:DESCRIPTION_LENGTH]),
        )

    @api.model
    def _find_senders(self, company, email_from):
        """Contacts of debtors with this address."""
        email = email_normalize(email_from or "")
        partners = self.env["res.partner"].sudo()
        if not email:
            return partners
        found = partners.search(
            [
                ("email_normalized", "=", email),
                ("company_id", "in", [False, company.id]),
            ],
            order="id",
        )
        return found.filtered("partner_share")

    @api.model
    def _find_named_disputes(self, company, debtors, text):
        """The dispute of which a mail tells the number."""
        if not debtors:
            return self.browse()
        dossiers = self.sudo().search(
            [("company_id", "=", company.id), ("partner_id", "in", debtors.ids)],
            order="id desc",
            limit=MAX_INVOICES,
        )
        named = self._find_named(text, {dossier: [dossier.name] for dossier in dossiers})
        return self.browse(named[:1] and named[0].ids)

    @api.model
    def _find_named_invoices(self, company, debtors, text):
        """Invoices of these debtors of which a mail tells the number or a reference."""
        moves = self.env["account.move"].sudo()
        if not debtors:
            return moves
        found = moves.search_fetch(
            Domain("company_id", "=", company.id)
            & Domain("commercial_partner_id", "in", debtors.ids)
            & Domain("move_type", "in", ("out_invoice", "out_receipt"))
            & Domain("state", "=", "posted"),
            ["name", "payment_reference", "ref"],
            order="id desc",
            limit=MAX_INVOICES,
        )
        references = {move: [move.name, move.payment_reference, move.ref] for move in found}
        return moves.union(*self._find_named(text, references)).sorted("id")

    @api.model
    def _find_named(self, text, references):
        """Records of which a text has one of the references, however it is separated.

        :param dict references: texts by record
        :return: records, in the order in which they were given
        """
        words = [word.upper() for word in re.findall(r"[^\W_]+", text)]
        joined = f" {' '.join(words)} "
        found = []
        for record, names in references.items():
            for name in filter(None, names):
                parts = [part.upper() for part in re.findall(r"[^\W_]+", name)]
                compact = "".join(parts)
                if len(compact) < MIN_REFERENCE or not any(map(str.isdigit, compact)):
                    continue
                if f" {' '.join(parts)} " in joined or f" {compact} " in joined:
                    found.append(record)
                    break
        return found

    @api.model
    def _get_disputes_of_debtors(self, moves):
        disputes = self.browse()
        for debtor, group in moves.grouped(self._get_debtor).items():
            disputes |= self._get_disputes_of(group, debtor)
        return disputes

    # === BUSINESS: A PERSON READS IT ===#
    @api.model
    def _ask_reader(self, company, debtors, msg_dict):
        """Have somebody read a mail of which nobody knows what it is about.

        :return: ``res.partner`` on which it is posted: the debtor, or the own company when the
            sender is nobody, or several, that are known
        """
        partner = debtors if len(debtors) == 1 else company.sudo().partner_id
        user = company.sudo().dispute_user_id.filtered(
            lambda user: user.active and not user.share
        ) or partner._get_dunning_assignee(company)
        summary = self.env._("E-mail about a dispute: which invoice?")
        # Mails that follow each other wait for the same person, once.
        if not partner.activity_ids.filtered(
            lambda activity: activity.summary == summary and activity.user_id == user
        ):
            partner._schedule_dunning_activity(
                company,
                "mail.mail_activity_data_todo",
                summary,
                note=self.env._(
                    "From %(sender)s: %(subject)s",
                    sender=msg_dict.get("email_from") or "",
                    subject=msg_dict.get("subject") or "",
                ),
                user=user,
            )
        return partner
