"""Where the demo story plays: the company, its staff, its goods and its surroundings.

Nothing here exists. Towns and streets are made up, mail goes to the reserved top-level domain
`.example`, telephone numbers have a subscriber part that begins with a zero (which the Dutch and
Belgian numbering plans never hand out), and the account number and the VAT number are the
specimens used in public explanations.
"""

COMPANY = {
    "name": "Zilverlinde Kantoor BV",
    "street": "Lindebastpad 7",
    "zip": "1234 ZL",
    "city": "Oosterlinde",
    "phone": "+31 20 000 0100",
    "email": "debiteuren@zilverlinde.example",
    "website": "https://zilverlinde.example",
    "vat": "NL000099998B57",
    "company_registry": "00000000",
}
COMPANY_IBAN = "NL91ABNA0417164300"
# Nothing is sent for less than this, in the company's currency: small change is a case of its own.
MINIMUM_AMOUNT = 10.0

# Login and password are the same word. Groups as XML ids.
USERS = {
    "manager": (
        "Katrijn Klokslag",
        ["account_credit_management.group_manager", "account.group_account_invoice"],
    ),
    "collector": (
        "Pim Potlood",
        ["account_credit_management.group_collector", "base.group_partner_manager"],
    ),
    "accountant": (
        "Noor Nietmachine",
        ["account_credit_management.group_collector", "account.group_account_manager"],
    ),
    "salesperson": ("Bram Bureaustoel", ["sales_team.group_sale_salesman"]),
}
PORTAL_LOGIN = "debtor"

# key: (English name, Dutch name, unit price, service)
PRODUCTS = {
    "machine": ("Espresso machine Linde 2", "Espressomachine Linde 2", 1895.0, False),
    "beans": ("Coffee beans, box of 6 kg", "Koffiebonen, doos van 6 kg", 111.0, False),
    "desk": ("Sit-stand desk Wortel", "Zit-stabureau Wortel", 549.0, False),
    "chair": ("Office chair Twijg", "Bureaustoel Twijg", 239.0, False),
    "paper": ("Printing paper, pallet", "Printpapier, pallet", 289.0, False),
    "service": ("Maintenance visit", "Onderhoudsbeurt", 125.0, True),
}

# key: (English name, Dutch name, [(percentage, days after the invoice date)])
TERMS = {
    "14": ("Within 14 days", "Binnen 14 dagen", [(100, 14)]),
    "30": ("Within 30 days", "Binnen 30 dagen", [(100, 30)]),
    "halves": ("Half now, half in 30 days", "Helft nu, helft na 30 dagen", [(50, 0), (50, 30)]),
    "spread": (
        "Half in 30, half in 60 days",
        "Helft na 30, helft na 60 dagen",
        [(50, 30), (50, 60)],
    ),
}

TOWNS = {
    "nl": ("Oosterlinde", "Kraaienveen", "Zonsmeer", "Wolkendam", "Maanbroek", "Berkelzande"),
    "be": ("Sint-Vlinder", "Vosselgem", "Bloesemhove"),
}
STREETS = ("Krijtstraat", "Paperclipplein", "Stempelkade", "Gumlaan", "Potloodweg", "Inktsteeg")
