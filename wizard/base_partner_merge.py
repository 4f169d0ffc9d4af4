from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    # === BUSINESS METHODS ===#

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        # EXTENDS 'base': one debtor code stays, the others are written down in the chatter. So
        # does one debtor status, and nobody becomes his own addressee.
        partners = self.env["res.partner"].browse(partner_ids).exists()
        if len(partners) < 2:
            return super()._merge(partner_ids, dst_partner, extra_checks)
        if not dst_partner or dst_partner not in partners:
            dst_partner = self._get_ordered_partner(partners.ids)[-1]
        # The merge moves rows by SQL and deletes the sources last: a code has to leave its old
        # owner before that, or the unique index refuses it to the new one.
        released = (partners - dst_partner)._release_debtor_codes()
        status = partners.sudo()._detach_debtor_parties(dst_partner)
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        debtor = dst_partner.sudo().commercial_partner_id
        debtor._attach_debtor_status(status)
        contacts = debtor.with_context(active_test=False).search(
            [("commercial_partner_id", "=", debtor.id), ("id", "!=", debtor.id)]
        )
        self.env.add_to_compute(contacts._fields["debtor_code"], contacts)
        debtor._absorb_debtor_codes(released)
        return result
