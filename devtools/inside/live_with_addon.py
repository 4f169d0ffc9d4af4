"""Use the add-on as a company would, so that its removal has something to remove."""

from datetime import timedelta

from odoo import fields

company = env.company  # noqa: F821 (given by the Odoo shell)
env = company.env
today = fields.Date.context_today(company)
company.email = "accounts@seller.example"
env["account.journal"].search([("type", "=", "sale")]).invoice_reference_model = "rf_debtor"
partner = env["res.partner"].create({"name": "Debtor", "email": "debtor@buyer.example"})
invoice = env["account.move"].create(
    {
        "move_type": "out_invoice",
        "partner_id": partner.id,
        "invoice_date": today - timedelta(days=60),
        "invoice_date_due": today - timedelta(days=30),
        "invoice_line_ids": [fields.Command.create({"name": "Goods", "price_unit": 100})],
    }
)
invoice.action_post()
invoice.is_move_sent = True
env["dunning.block"].create({"reason": "Later", "partner_id": partner.id}).action_lift()
run = env["dunning.run"].create({})
run.action_propose()
print(len(run.notice_ids), partner.debtor_code)
env.cr.commit()
