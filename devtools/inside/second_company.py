"""Add a company with the chart of accounts of its country."""

company = env["res.company"].create(  # noqa: F821 (given by the Odoo shell)
    {"name": "Second", "country_id": env.ref("base.nl").id}  # noqa: F821
)
company.env["account.chart.template"].try_loading("nl", company)
company.env.cr.commit()
