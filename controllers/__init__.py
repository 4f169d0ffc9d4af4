from . import letters, portal
