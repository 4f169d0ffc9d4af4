{
    "name": "Credit Management",
    "summary": "Debtor codes, dunning levels and reminders that get invoices paid",
    "version": "19.0.1.0.0",
    "category": "Accounting/Credit Management",
    "license": "LGPL-3",
    "author": "Account Credit Management contributors",
    "website": "https://github.com/account-credit-management/account_credit_management",
    "depends": ["sale", "sms"],
    "data": [
        "security/account_credit_management_groups.xml",
        "security/ir.model.access.csv",
        "security/account_credit_management_rules.xml",
    ],
    "demo": [],
    "application": True,
}
