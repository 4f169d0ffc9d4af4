from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext, is_html_empty, plaintext2html

from .dispute_dossier import HOLDING_STATES

# A name is no longer, nor is what a debtor writes at a time.
PERSON_LENGTH = 100
TEXT_LENGTH = 5000
# More answers within a day are no conversation.
MAX_ANSWERS = 20


class DisputeDossier(models.Model):
    """The page of the debtor: what he sees of his dispute, and what he can do there.

    He has no rights on the model, which holds more than is for him. Nothing that was entered is
    trusted.
    """

    _inherit = "dispute.dossier"

    # === FIELDS ===#
    portal_link = fields.Char("Page of the Debtor", compute="_compute_portal_link")

    # === COMPUTE ===#
    @api.depends("access_token")
    def _compute_portal_link(self):
        for dossier in self:
            saved = dossier._origin.sudo()
            link = saved and f"{saved.get_base_url()}{saved.get_portal_url()}"
            dossier.portal_link = link or False

    # === BUSINESS: WHAT IS SEEN ===#
    @api.model
    def _get_debtor_domain(self, partner):
        """The disputes that are shown to a debtor who is logged in."""
        return Domain("partner_id", "=", partner.commercial_partner_id.id)

    def _get_portal_status(self):
        """Where it stands for the debtor: ``asked``, ``answer`` (his), ``busy``, ``withdrawn`` or
        the outcome."""
        self.ensure_one()
        if self.state == "resolved":
            return self.outcome or "resolved"
        if self.state not in HOLDING_STATES:
            return self.state
        if self.waiting_for == "customer":
            return "answer"
        return "asked" if self.state == "approval" else "busy"

    def _get_portal_description(self):
        """What the debtor wrote; a note of a talk was written by us and for us."""
        self.ensure_one()
        shown = self.origin != "contact" and not is_html_empty(self.description)
        return self.description if shown else False

    def _get_portal_messages(self):
        """What was written between us and the debtor, oldest first; no notes, no log lines, no
        changes of fields."""
        self.ensure_one()
        return (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("message_type", "in", ("comment", "email")),
                    ("subtype_id", "=", self.env.ref("mail.mt_comment").id),
                    ("is_internal", "=", False),
                ],
                order="date, id",
            )
            .filtered(lambda message: message.attachment_ids or not is_html_empty(message.body))
        )

    def _get_portal_file(self, attachment_id):
        """A file of the correspondence; none for any other file of the dispute."""
        return self._get_portal_messages().attachment_ids.filtered(
            lambda attachment: attachment.id == attachment_id
        )

    def _get_portal_credits(self):
        """Credit notes that the debtor got."""
        return self._get_credit_notes("posted")

    def _mail_get_partners(self, introspect_fields=False):
        # OVERRIDE 'mail': who gets messages, and the link to the page with them
        return {dossier.id: dossier._get_recipient() for dossier in self}

    @api.model
    def _get_thread_with_access(self, thread_id, *, hash=None, pid=None, token=None, **kwargs):  # noqa: A002
        # EXTENDS 'portal': whoever has the link writes on the page, which checks what is sent
        return super()._get_thread_with_access(thread_id, **kwargs)

    # === BUSINESS: ANSWERING ===#
    def _answer_online(self, text, files, author=None, person=None):
        """Take what the debtor answers on the page. Pressing the button twice answers once.

        :param list files: of name and content
        :param author: ``res.partner`` who is logged in; empty for whoever has the link
        :param str person: his name then
        :raise UserError: in words for the debtor
        """
        self.ensure_one()
        self._lock()
        text = self._clean_text(text)
        person = None if author else self._clean_person(person)
        messages = self._get_portal_messages()
        attachments = self._check_files(
            self.company_id, files, present=len(messages.attachment_ids)
        )
        if not text and not attachments:
            raise UserError(self.env._("Please write something, or choose a file."))
        if self._is_said(messages[-1:], text, person, attachments):
            return
        yesterday = fields.Datetime.now() - timedelta(days=1)
        recent = messages.filtered(
            lambda message: message.author_id.partner_share and message.date > yesterday
        )
        if len(recent) >= MAX_ANSWERS:
            raise UserError(self.env._("We have much to read from you already: please call us."))
        self._post_of_debtor(text, attachments, author=author, person=person)
        if self.state in HOLDING_STATES and self.waiting_for == "customer":
            self.write({"waiting_for": "us"})

    def _post_of_debtor(self, text, attachments, author=None, person=None, **kwargs):
        """Post what the debtor wrote, with the files that were checked."""
        author = author or self._get_recipient()
        files = (
            self.env["ir.attachment"]
            .sudo()
            .with_context(image_no_postprocess=True)
            .create(
                [{**values, "res_model": self._name, "res_id": self.id} for values in attachments]
            )
        )
        return self.sudo().message_post(
            body=self._get_body(text, person),
            author_id=author.id,
            email_from=author.email_formatted or self.company_id.email_formatted,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachment_ids=files.ids,
            **kwargs,
        )

    def _get_body(self, text, person):
        """Text as HTML, signed by whoever had the link."""
        lines = [text, person and f"– {person}"]
        return plaintext2html("\n".join(filter(None, lines))) if text or person else ""

    def _is_said(self, message, text, person, attachments):
        """Whether the last message says the same, just now, with the same files."""
        if not message or message.date < fields.Datetime.now() - timedelta(minutes=5):
            return False
        checksum = self.env["ir.attachment"]._compute_checksum
        sums = {checksum(values["raw"]) for values in attachments}
        return (
            message.author_id.partner_share
            and html2plaintext(message.body) == html2plaintext(self._get_body(text, person))
            and set(message.attachment_ids.mapped("checksum")) == sums
        )

    @api.model
    def _clean_text(self, text):
        return (text or "").replace("\x00", "").strip()[:TEXT_LENGTH]

    @api.model
    def _clean_person(self, person):
        """:raise UserError: without a name"""
        person = " ".join((person or "").replace("\x00", "").split())[:PERSON_LENGTH]
        if not person:
            raise UserError(self.env._("What is your name? Please fill it in."))
        return person

    # === BUSINESS: WITHDRAWING ===#
    def _withdraw_online(self):
        """Withdrawing twice is harmless.

        :raise UserError: when it is settled
        """
        self.ensure_one()
        self._lock()
        self.invalidate_recordset(["state"])
        if self.state == "withdrawn":
            return
        if self.state not in HOLDING_STATES:
            raise UserError(self.env._("This is settled: there is nothing to withdraw."))
        self._message_log(body=self.env._("Withdrawn online by the debtor."))
        self._withdraw()
