from odoo import models

from ..models.credit_limit import APPROVED


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    # === BUSINESS METHODS ===#

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        # EXTENDS 'base': one debtor code stays, the others are written down in the chatter. So
        # does one debtor status, and nobody becomes his own addressee. One limit stays, whose
        # change is in the journal.
        partners = self.env["res.partner"].browse(partner_ids).exists()
        if len(partners) < 2:
            return super()._merge(partner_ids, dst_partner, extra_checks)
        if not dst_partner or dst_partner not in partners:
            dst_partner = self._get_ordered_partner(partners.ids)[-1]
        # The merge moves rows by SQL and deletes the sources last: a code has to leave its old
        # owner before that, or the unique index refuses it to the new one.
        released = (partners - dst_partner)._release_debtor_codes()
        status = partners.sudo()._detach_debtor_parties(dst_partner)
        sources = {partner.id: partner.display_name for partner in partners - dst_partner}
        credit = partners._prepare_credit_merge()
        # Which limit stays is settled afterwards; until then nobody has to grant anything.
        kept = dst_partner.with_context(credit_limit_approved=APPROVED)
        result = super()._merge(partner_ids, kept, extra_checks)
        dst_partner._settle_credit_merge(sources, credit)
        debtor = dst_partner.sudo().commercial_partner_id
        debtor._attach_debtor_status(status)
        contacts = debtor.with_context(active_test=False).search(
            [("commercial_partner_id", "=", debtor.id), ("id", "!=", debtor.id)]
        )
        self.env.add_to_compute(contacts._fields["debtor_code"], contacts)
        debtor._absorb_debtor_codes(released)
        return result
