"""Print the dunning policy that each company uses."""

for company in env["res.company"].search([]):  # noqa: F821 (given by the Odoo shell)
    print(company.env["dunning.policy"]._get_default(company).name)
