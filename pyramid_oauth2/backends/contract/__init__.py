"""The suite that every backend must pass: the contract of a backend, as tests.

It is part of the package, so that third-party backends can use it too. This is a
complete test module of a third party for the backend ``acme``, whose stores are on
a server::

    # tests/test_contract.py
    from functools import partial

    from pyramid_oauth2.backends.contract import BackendContract

    from acme.oauth2 import AcmeBackend
    from acme.testing import new_database


    class TestAcme(BackendContract):
        def make_backend(self):
            self.url = new_database()
            return AcmeBackend(self.url)

        def open_elsewhere(self):
            return partial(AcmeBackend, self.url)

        def raw_dump(self, backend):
            return b"\\n".join(key + b" " + value for key, value in backend.everything())

        def count_records(self, backend):
            return sum(1 for _ in backend.everything())

Run it with ``pytest tests/test_contract.py``, with ``pytest`` and ``hypothesis``
installed. Only ``make_backend`` is mandatory; tests that need another hook are
skipped without it, and the reason names the hook. The hooks are documented at
:class:`Contract`.

A backend that fills one role only inherits from :class:`GrantStoreContract`,
:class:`ClientStoreContract`, :class:`ConsentStoreContract` or :class:`EntryStoreContract`
instead. While a
backend is being written, a test class may inherit from single groups.

Each race is run for several rounds; the environment variable ``TEST_ROUNDS`` (a factor, 0.1
by default) sets how many: use ``TEST_ROUNDS=1`` before a release.
"""

from pkgutil import iter_modules

import pytest

# Before the first of them is imported; otherwise pytest cannot explain a failed assert.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))

from .at_rest import AtRest, EntriesAtRest  # noqa: E402
from .boundaries import Boundaries  # noqa: E402
from .changed_users import ChangedUserRaces, ChangedUsers  # noqa: E402
from .changes import Amending, Reserving  # noqa: E402
from .client_search import ClientSearch  # noqa: E402
from .clients import ClientRecords  # noqa: E402
from .closing import Closing  # noqa: E402
from .consents import Consents  # noqa: E402
from .copying import Copying  # noqa: E402
from .crashes import ClientCrashes, ConsentCrashes, EntryCrashes, GrantCrashes  # noqa: E402
from .entries import Entries  # noqa: E402
from .entry_listings import EntryListings  # noqa: E402
from .forks import Forks  # noqa: E402
from .harness import Contract  # noqa: E402
from .interleavings import (  # noqa: E402
    ClientInterleavings,
    ConsentInterleavings,
    EntryInterleavings,
    GrantInterleavings,
)
from .keeping import KeepingSpentTokens  # noqa: E402
from .leaks import ConsentLeaks, EntryLeaks, GrantLeaks  # noqa: E402
from .lifetimes import ConsentLifetimes, EntryLifetimes, GrantLifetimes  # noqa: E402
from .listings import Listings  # noqa: E402
from .long_identifiers import (  # noqa: E402
    LongClientIds,
    LongConsentClientIds,
    LongGrantClientIds,
)
from .opening import Adding, Finding, Opening  # noqa: E402
from .precedence import RedemptionOutcomes  # noqa: E402
from .purging import Purging  # noqa: E402
from .races import RedemptionRaces  # noqa: E402
from .reading import ClientReading, ConsentReading, EntryReading, GrantReading  # noqa: E402
from .record_races import ClientRaces, ConsentRaces, EntryRaces  # noqa: E402
from .redemption import RedemptionEffects  # noqa: E402
from .revocation import Revocation  # noqa: E402
from .round_trips import RoundTrips  # noqa: E402
from .token_kinds import KindsOfApplications  # noqa: E402
from .write_races import WriteRaces  # noqa: E402

__all__ = [
    "Adding",
    "Amending",
    "AtRest",
    "BackendContract",
    "Boundaries",
    "ChangedUserRaces",
    "ChangedUsers",
    "ClientCrashes",
    "ClientInterleavings",
    "ClientRaces",
    "ClientReading",
    "ClientRecords",
    "ClientSearch",
    "ClientStoreContract",
    "Closing",
    "ConsentCrashes",
    "ConsentInterleavings",
    "ConsentLeaks",
    "ConsentLifetimes",
    "ConsentRaces",
    "ConsentReading",
    "ConsentStoreContract",
    "Consents",
    "Contract",
    "Copying",
    "Entries",
    "EntriesAtRest",
    "EntryCrashes",
    "EntryInterleavings",
    "EntryLeaks",
    "EntryLifetimes",
    "EntryListings",
    "EntryRaces",
    "EntryReading",
    "EntryStoreContract",
    "Finding",
    "Forks",
    "GrantCrashes",
    "GrantInterleavings",
    "GrantLeaks",
    "GrantLifetimes",
    "GrantReading",
    "GrantStoreContract",
    "KeepingSpentTokens",
    "KindsOfApplications",
    "Listings",
    "LongClientIds",
    "LongConsentClientIds",
    "LongGrantClientIds",
    "Opening",
    "Purging",
    "RedemptionEffects",
    "RedemptionOutcomes",
    "RedemptionRaces",
    "Reserving",
    "Revocation",
    "RoundTrips",
    "WriteRaces",
]


class GrantStoreContract(
    RoundTrips,
    LongGrantClientIds,
    Opening,
    Finding,
    Adding,
    RedemptionOutcomes,
    RedemptionEffects,
    Amending,
    Revocation,
    ChangedUsers,
    Reserving,
    Listings,
    Boundaries,
    Purging,
    KeepingSpentTokens,
    KindsOfApplications,
    GrantLeaks,
    AtRest,
    Copying,
    RedemptionRaces,
    ChangedUserRaces,
    WriteRaces,
    GrantInterleavings,
    GrantCrashes,
    GrantReading,
    GrantLifetimes,
    Closing,
    Forks,
):
    """The contract of an :class:`~pyramid_oauth2.interfaces.IGrantStore`."""


class ClientStoreContract(
    ClientRecords,
    LongClientIds,
    ClientSearch,
    ClientRaces,
    ClientInterleavings,
    ClientCrashes,
    ClientReading,
    Closing,
    Forks,
):
    """The contract of an :class:`~pyramid_oauth2.interfaces.IClientStore`."""


class ConsentStoreContract(
    Consents,
    LongConsentClientIds,
    ConsentLeaks,
    ConsentRaces,
    ConsentInterleavings,
    ConsentCrashes,
    ConsentReading,
    ConsentLifetimes,
    Closing,
    Forks,
):
    """The contract of an :class:`~pyramid_oauth2.interfaces.IConsentStore`."""


class EntryStoreContract(
    Entries,
    EntryListings,
    EntryLeaks,
    EntriesAtRest,
    EntryRaces,
    EntryInterleavings,
    EntryCrashes,
    EntryReading,
    EntryLifetimes,
    Closing,
    Forks,
):
    """The contract of an :class:`~pyramid_oauth2.interfaces.IEntryStore`."""


class BackendContract(
    GrantStoreContract, ClientStoreContract, ConsentStoreContract, EntryStoreContract
):
    """The contract of a backend that fills all roles; entries are optional."""
