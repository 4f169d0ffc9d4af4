from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.dispute_dossier_file import MAX_FILES
from .portal import DunningPortal


class DisputePortal(DunningPortal):
    """What debtors dispute online, follow, answer and withdraw.

    Portal users have no rights on the model, which holds more than is for them: they reach their
    own disputes here, and whoever holds the link reaches the one it leads to.
    """

    # === HOME ===#
    def _prepare_home_portal_values(self, counters):
        # EXTENDS 'portal'
        values = super()._prepare_home_portal_values(counters)
        if "dispute_count" in counters:
            disputes = request.env["dispute.dossier"].sudo()
            values["dispute_count"] = disputes.search_count(
                disputes._get_debtor_domain(request.env.user.partner_id)
            )
        return values

    @route(
        ["/my/disputes", "/my/disputes/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_disputes(self, page=1, **kwargs):
        """The disputes of the customer who is logged in, newest first."""
        disputes = request.env["dispute.dossier"].sudo()
        domain = disputes._get_debtor_domain(request.env.user.partner_id)
        pager = portal_pager(
            "/my/disputes",
            total=disputes.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = disputes.search(
            domain, order="id desc", limit=self._items_per_page, offset=pager["offset"]
        )
        request.session["my_disputes_history"] = found.ids[:100]
        return request.render(
            "account_credit_management.portal_my_disputes",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "dispute",
                "disputes": found,
                "pager": pager,
            },
        )

    # === ONE DISPUTE ===#
    @route(
        "/my/disputes/<int:dispute_id>", type="http", auth="public", website=True, methods=["GET"]
    )
    def portal_my_dispute(self, dispute_id, access_token=None, message=None, **kwargs):
        """Where it stands, and what was written."""
        try:
            dispute = self._get_dispute(dispute_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        return self._show_dispute(dispute, access_token, message=message)

    def _get_dispute(self, dispute_id, access_token=None):
        """Return a dispute that its debtor may see, with superuser rights.

        :raise AccessError: for another customer, or without a valid token
        :raise MissingError: when there is none
        """
        dispute = request.env["dispute.dossier"].with_user(SUPERUSER_ID).browse(dispute_id).exists()
        partner = request.env.user.partner_id.commercial_partner_id
        if request.env.user._is_public() or dispute.partner_id != partner:
            dispute = self._document_check_access("dispute.dossier", dispute_id, access_token)
        self._speak_language_of(dispute._get_recipient())
        return dispute.with_company(dispute.company_id).with_context(lang=request.env.lang)

    def _speak_language_of(self, partner):
        """Whoever comes from a letter or a mail reads on in its language."""
        if request.env.user._is_public() and partner.lang:
            request.update_context(lang=partner.lang)

    def _show_dispute(self, dispute, access_token, **values):
        values = {
            "page_name": "dispute",
            "dispute": dispute,
            "portal_status": dispute._get_portal_status(),
            "res_company": dispute.company_id,
            "is_visitor": request.env.user._is_public(),
            "max_files": MAX_FILES,
            "message": False,
            "answer_error": False,
            "entered": {},
            **values,
        }
        return request.render(
            "account_credit_management.portal_my_dispute",
            self._get_page_view_values(dispute, access_token, values, "my_disputes_history", False),
        )

    @route(
        "/my/disputes/<int:dispute_id>/files/<int:attachment_id>",
        type="http",
        auth="public",
        methods=["GET"],
    )
    def portal_dispute_file(self, dispute_id, attachment_id, access_token=None, **kwargs):
        """Send a file of the correspondence, to be saved and never to be run."""
        try:
            attachment = self._get_dispute(dispute_id, access_token)._get_portal_file(attachment_id)
        except (AccessError, MissingError):
            attachment = None
        if not attachment:
            raise request.not_found()
        stream = request.env["ir.binary"]._get_stream_from(attachment)
        return stream.get_response(
            as_attachment=True, content_security_policy="default-src 'none'; sandbox"
        )

    @route(
        "/my/disputes/<int:dispute_id>/answer",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_dispute_answer(self, dispute_id, access_token=None, **kwargs):
        """Take an answer, and the files with it."""
        try:
            dispute = self._get_dispute(dispute_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        try:
            with request.env.cr.savepoint():
                dispute._answer_online(
                    kwargs.get("text"),
                    self._read_files(dispute.company_id),
                    author=self._get_author(),
                    person=kwargs.get("name"),
                )
        except UserError as error:
            return self._show_dispute(
                dispute, access_token, answer_error=str(error), entered=kwargs
            )
        return request.redirect(dispute.get_portal_url(anchor="correspondence"))

    @route(
        "/my/disputes/<int:dispute_id>/withdraw",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_dispute_withdraw(self, dispute_id, access_token=None, **kwargs):
        """The debtor takes it back."""
        try:
            dispute = self._get_dispute(dispute_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        try:
            with request.env.cr.savepoint():
                dispute._withdraw_online()
        except UserError as error:
            return self._show_dispute(dispute, access_token, answer_error=str(error))
        return request.redirect(dispute.get_portal_url())

    # === OPENING ONE ===#
    @route(
        "/my/invoices/<int:invoice_id>/dispute",
        type="http",
        auth="public",
        website=True,
        methods=["GET", "POST"],
    )
    def portal_invoice_dispute(self, invoice_id, access_token=None, **kwargs):
        """Dispute an invoice, from its own page."""
        try:
            invoice = self._document_check_access("account.move", invoice_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if not invoice._is_disputable_online():
            return request.redirect(invoice.get_portal_url())
        debtor = request.env["dispute.dossier"]._get_debtor(invoice)
        self._speak_language_of(invoice.partner_id)
        return self._open_dispute(invoice, invoice, debtor, kwargs)

    @route(
        "/my/reminders/<int:notice_id>/dispute",
        type="http",
        auth="public",
        website=True,
        methods=["GET", "POST"],
    )
    def portal_reminder_dispute(self, notice_id, access_token=None, **kwargs):
        """Dispute an invoice of a reminder, from its page."""
        try:
            notice = self._open_reminder(notice_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        moves = notice._get_disputable_moves()
        if not moves:
            return request.redirect(notice.get_portal_url())
        return self._open_dispute(notice, moves, notice.partner_id, kwargs)

    def _open_dispute(self, source, moves, debtor, entered):
        """Show the form, or open the dispute and show that.

        :param source: the invoice or reminder whose page it comes from, of which access was checked
        :param moves: what can be disputed there
        """
        disputes = request.env["dispute.dossier"].with_user(SUPERUSER_ID)
        source = source.with_context(lang=request.env.lang)
        moves = moves.with_context(lang=request.env.lang)
        move = moves.filtered(lambda move: str(move.id) == entered.get("invoice"))
        if len(moves) == 1:
            move = moves
        error = False
        if move and request.httprequest.method == "POST":
            disputes = disputes.with_context(lang=request.env.lang)
            try:
                with request.env.cr.savepoint():
                    dispute = disputes._dispute_online(
                        move,
                        debtor,
                        entered,
                        self._read_files(move.company_id),
                        author=self._get_author(),
                    )
            except UserError as caught:
                error = str(caught)
            else:
                return request.redirect(dispute.get_portal_url(query_string="&message=opened"))
        present = disputes._get_disputes_of(moves, debtor)
        values = {
            "page_name": "dispute",
            "source": source,
            "moves": moves,
            "move": move,
            "present": present,
            "reasons": disputes._get_portal_reasons(source.company_id),
            "outcomes": disputes._fields["requested_outcome"]._description_selection(request.env),
            "lines": disputes._get_portal_lines(move) if move else [],
            "max_files": MAX_FILES,
            "max_size": disputes._get_file_limit(source.company_id) >> 20,
            "is_visitor": request.env.user._is_public(),
            "res_company": source.company_id,
            "open_error": error,
            "entered": entered,
        }
        return request.render("account_credit_management.portal_dispute_open", values)

    # === VALUES ===#
    def _get_author(self):
        """Who is logged in; nobody for whoever came with a link."""
        user = request.env.user
        return None if user._is_public() else user.partner_id

    def _read_files(self, company):
        """Names and contents of the files that were sent, of each no more than what tells that it
        is too large."""
        limit = request.env["dispute.dossier"]._get_file_limit(company)
        sent = [file for file in request.httprequest.files.getlist("files") if file.filename]
        # One more than is allowed is enough to refuse them.
        return [(file.filename, file.read(limit + 1)) for file in sent[: MAX_FILES + 1]]
