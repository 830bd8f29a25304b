"""``poauth2 INI client``: register, change, export and import clients."""

from __future__ import annotations

from ..command import Commands, Named

EXAMPLES = """\
Examples:
  poauth2 development.ini client add --help
  poauth2 development.ini client show CLIENT_ID
  poauth2 development.ini client edit CLIENT_ID --name "New name"
  poauth2 development.ini client rotate-secret CLIENT_ID --overlap 1d
  poauth2 development.ini client disable CLIENT_ID
"""

client = Commands(
    {
        "add": Named("client.add", "add_client", "Register a client and print its secret, once."),
        "list": Named("client.listing", "list_clients", "List the registered clients."),
        "show": Named("client.listing", "show_client", "Print all of one client but its secret."),
        "edit": Named("client.edit", "edit_client", "Change a client."),
        "pin": Named("client.documents", "pin", "Approve a client as its document says."),
        "verify": Named(
            "client.documents", "verify", "Compare the pinned clients with their documents."
        ),
        "rotate-secret": Named(
            "client.secret", "rotate_secret", "Give a client a new secret and print it, once."
        ),
        "end-earlier-secret": Named(
            "client.secret",
            "end_earlier_secret",
            "End the secret that rotate-secret --overlap left alive.",
        ),
        "disable": Named(
            "client.ending", "disable", "Stop a client, and take away all that it was given."
        ),
        "enable": Named("client.ending", "enable", "Let a disabled client ask again."),
        "delete": Named("client.ending", "delete", "Remove a client for good."),
        "block-host": Named(
            "client.blocking", "block_host", "Refuse clients of a host that come by themselves."
        ),
        "unblock-host": Named("client.blocking", "unblock_host", "Accept clients of a host again."),
        "blocked-hosts": Named("client.blocking", "blocked_hosts", "List the blocked hosts."),
        "export": Named("client.transfer", "export_clients", "Write all clients as JSON."),
        "import": Named(
            "client.transfer", "import_clients", "Register the clients of a JSON file."
        ),
    },
    examples=EXAMPLES,
)
