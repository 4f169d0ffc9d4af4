from . import base_partner_merge, dunning_remove_notice
