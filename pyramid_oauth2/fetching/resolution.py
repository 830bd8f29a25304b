"""The addresses of a host name, resolved within a time limit."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from queue import Empty, SimpleQueue

from ..per_process import PerProcess
from .public_addresses import is_public
from .public_urls import PORT, URLRefused
from .responses import Busy, NotConnected, TooSlow

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Sequence[str]]

MOST_THREADS = 10  # that wait for a name, also after its fetch was given up
MOST_ADDRESSES = 20


def look_up(host: str) -> list[str]:
    """The addresses of a host, as the system resolves it.

    :raises OSError: it cannot be resolved.
    """
    found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def public_addresses(host: str, resolve: Resolve, seconds: float) -> list[Address]:
    """The addresses of a host, each of which is public.

    :param seconds: for how long the resolver may take.
    :raises URLRefused: one of them is not public: then the name is not what it says.
    :raises FetchError: it cannot be resolved in time.
    """
    try:
        found = [ip_address(each) for each in _within(seconds, resolve, host, _of_strangers())]
    except OSError:
        raise NotConnected("does not answer: its name cannot be resolved") from None
    except ValueError:
        raise URLRefused("has an address that cannot be read") from None
    if not found or len(found) > MOST_ADDRESSES:
        raise NotConnected("does not answer: its name has no usable address")
    if not all(map(is_public, found)):
        raise URLRefused("is not on the public internet")
    return found


def any_addresses(host: str, seconds: float) -> Sequence[str]:
    """The addresses of a host that an operator has named, or the address that is named.

    :param seconds: for how long the resolver may take.
    :raises OSError: it cannot be resolved.
    :raises FetchError: it cannot be resolved in time.
    """
    try:
        return [str(ip_address(host.strip("[]")))]
    except ValueError:
        return _within(seconds, look_up, host, _of_operators())


def _within(
    seconds: float, resolve: Resolve, host: str, free: threading.Semaphore
) -> Sequence[str]:
    """What *resolve* returns; it has no time limit of its own, so it has a thread.

    :param free: how many threads may still wait.
    """
    if not free.acquire(blocking=False):
        raise Busy("is not asked now: too many names are being resolved")
    found: SimpleQueue[Sequence[str] | OSError] = SimpleQueue()

    def run() -> None:
        try:
            found.put(resolve(host))
        except (OSError, ValueError) as error:
            # UnicodeError, a ValueError, is of a name that cannot be one.
            found.put(OSError(str(error)))
        finally:
            free.release()

    try:
        threading.Thread(target=run, name="oauth2-resolution", daemon=True).start()
        result = found.get(timeout=seconds)
    except RuntimeError:
        free.release()
        raise Busy("is not asked now: no thread can be started") from None
    except Empty:
        message = "does not answer: its name is not resolved in time"
        raise TooSlow(message, round(seconds)) from None
    if isinstance(result, OSError):
        raise result
    return result


# Names that strangers choose do not keep those from being resolved that the server needs.
_of_strangers = PerProcess(partial(threading.Semaphore, MOST_THREADS))
_of_operators = PerProcess(partial(threading.Semaphore, MOST_THREADS))
