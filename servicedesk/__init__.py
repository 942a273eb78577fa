"""servicedesk: an omnichannel contact center that you run yourself."""

__version__ = "0.1.0"
