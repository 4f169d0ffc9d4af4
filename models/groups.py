"""XML ids of the groups of this module, for ``groups`` of fields and checks in code."""

VIEWER = "account_credit_management.group_viewer"
COLLECTOR = "account_credit_management.group_collector"
MANAGER = "account_credit_management.group_manager"
