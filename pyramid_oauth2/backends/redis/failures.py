"""Explains errors of the server and of redis-py: what is wrong, and what to do."""

from __future__ import annotations

from traceback import walk_tb

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ConnectionError,
    MaxConnectionsError,
    RedisClusterException,
    RedisError,
    TimeoutError,
)
from redis.sentinel import MasterNotFoundError

from ...protocol.records import OutcomeUnknown, StoreUnavailable

POOL_ADVICE = (
    "Every connection to Redis is in use: raise oauth2.redis.max_connections, or find out why "
    "the server is slow."
)
# By the first word of the server's reply.
ADVICE = {
    "READONLY": "This server is a replica now, most likely after a failover: the next request "
    "looks for the new master. If it stays, oauth2.redis.url names a replica.",
    "LOADING": "It is starting and still reads its data: wait.",
    "BUSY": "A script of somebody else's keeps it busy: see SCRIPT KILL.",
    "CLUSTERDOWN": "The Cluster has no master for these keys: it is failing over, or a node is "
    "lost without a replica (CLUSTER INFO).",
    "TRYAGAIN": "The Cluster is moving these keys to another node: try again.",
    "MOVED": "The server is a node of a Cluster: use redis+cluster://... in oauth2.redis.url.",
    "ASK": "The server is a node of a Cluster: use redis+cluster://... in oauth2.redis.url.",
    "CROSSSLOT": "The server is a node of a Cluster: use redis+cluster://... in oauth2.redis.url.",
    "OOM": "It has reached its maxmemory: give it more.",
    "MISCONF": "It cannot write to its disk and so takes no writes: see its log.",
    "MASTERDOWN": "It is a replica that has lost its master: see its log.",
    "NOREPLICAS": "It has fewer replicas than its min-replicas-to-write demands: see to them.",
    "NOPERM": "Its ACL does not let our user do this: allow ~oauth2:* and the commands that "
    "pyramid_oauth2 uses.",
    "NOAUTH": "It demands a password: put it into oauth2.redis.url or oauth2.redis.password.",
    "WRONGPASS": "User name or password are wrong: those in oauth2.redis.url, or else in "
    "oauth2.redis.username and oauth2.redis.password.",
}


# redis-py removes the word from the message if it has a class for it.
_CLASSES = {
    "ReadOnlyError": "READONLY",
    "BusyLoadingError": "LOADING",
    "ClusterDownError": "CLUSTERDOWN",
    "MasterDownError": "MASTERDOWN",
    "TryAgainError": "TRYAGAIN",
    "MovedError": "MOVED",
    "AskError": "ASK",
    "ClusterCrossSlotError": "CROSSSLOT",
    "OutOfMemoryError": "OOM",
    "NoPermissionError": "NOPERM",
    "SlotNotCoveredError": "CLUSTERDOWN",
}


def advice(error: Exception) -> str:
    """Return the message for *error*. Never a command, since its arguments may be digests."""
    if isinstance(error, MaxConnectionsError) or "No connection available" in str(error):
        return POOL_ADVICE
    if isinstance(error, MasterNotFoundError):
        return (
            "No Sentinel in oauth2.redis.url knows a master of that service name: it is failing "
            "over, the name is wrong, or no Sentinel can be reached."
        )
    code = _CLASSES.get(type(error).__name__) or str(error).split(" ", 1)[0]
    if code in ADVICE:
        return f"Redis answers {code}. {ADVICE[code]}"
    if isinstance(error, AuthenticationError | AuthorizationError):
        return f"Redis does not let us in: {ADVICE['WRONGPASS']}"
    if isinstance(error, TimeoutError):
        return (
            "Redis did not answer in time (oauth2.redis.socket_timeout): it is overloaded or "
            "cannot be reached."
        )
    if isinstance(error, ConnectionError | RedisClusterException):
        return f"Redis cannot be reached at oauth2.redis.url: {error}"
    return f"Redis refuses: {type(error).__name__}: {error}"


# Functions of redis-py that get a connection. It has no exception of its own for their failure.
_CONNECTING = {"get_connection", "connect", "connect_check_health"}


def may_have_arrived(error: Exception) -> bool:
    """Whether the server may have executed the command of which this is the error."""
    # After a lost reply, redis-py looks for the nodes of the Cluster. If it finds none, only the
    # error of that is raised.
    while isinstance(error, RedisClusterException) and isinstance(error.__context__, Exception):
        error = error.__context__
    if type(error) not in (ConnectionError, TimeoutError) and not isinstance(error, OSError):
        return False  # The server's reply: it refused the command.
    frames = walk_tb(error.__traceback__)
    return not any(frame.f_code.co_name in _CONNECTING for frame, _ in frames)


class translated:  # noqa: N801  (used like contextlib.suppress)
    """Raise :exc:`StoreUnavailable` for any error in the communication with the server.

    :param writes: whether what is done inside writes; then it is :exc:`OutcomeUnknown` if the
        server may have executed it.
    :param sent: whether the same was sent before, without a response.
    """

    # A class, since each operation would pay for a generator's two microseconds.
    __slots__ = ("_sent", "_writes")

    def __init__(self, writes: bool = False, sent: bool = False) -> None:
        self._writes = writes
        self._sent = sent

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, RedisError | RedisClusterException | OSError):
            unknown = self._writes and (self._sent or may_have_arrived(error))
            raise (OutcomeUnknown if unknown else StoreUnavailable)(advice(error)) from error
