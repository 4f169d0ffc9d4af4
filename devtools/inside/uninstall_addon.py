"""Uninstall the add-on and print what is left of it."""

module = env["ir.module.module"].search(  # noqa: F821 (given by the Odoo shell)
    [("name", "=", "account_credit_management")]
)
module.button_immediate_uninstall()
cr = module.env.cr
for query in (
    "SELECT model || ' ' || res_id FROM ir_model_data WHERE module = 'account_credit_management'",
    "SELECT tablename FROM pg_tables WHERE tablename LIKE 'dunning%'",
    "SELECT model FROM ir_model WHERE model LIKE 'dunning%'",
    "SELECT code FROM account_journal WHERE invoice_reference_model LIKE '%debtor'",
):
    cr.execute(query)
    for (left,) in cr.fetchall():
        print(left)
