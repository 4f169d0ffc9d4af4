import io

from odoo import models

# Whether internal notes are in it, by report.
DOSSIERS = {
    "account_credit_management.report_dispute_dossier": False,
    "account_credit_management.report_dispute_dossier_internal": True,
}


class IrActionsReport(models.Model):
    """Dossiers of disputes come with their files."""

    _inherit = "ir.actions.report"

    # === BUSINESS ===#
    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        # EXTENDS 'base': one by one, as each is followed by its own files
        name = self._get_report(report_ref).report_name
        if name not in DOSSIERS or not res_ids:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        streams = {}
        for dossier in self.env["dispute.dossier"].browse(dict.fromkeys(res_ids)):
            own = super()._render_qweb_pdf_prepare_streams(
                report_ref, dict(data or {}), res_ids=dossier.ids
            )
            for key, values in own.items():
                if values["stream"]:
                    with values["stream"] as stream:
                        content = dossier._merge_files(stream.getvalue(), DOSSIERS[name])
                    values["stream"] = io.BytesIO(content)
                streams[key] = values
        return streams
