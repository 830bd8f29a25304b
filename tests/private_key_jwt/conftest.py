"""The servers of the stores."""

from tests.servers import (  # noqa: F401
    mariadb_server,
    postgresql_server,
    redis_url,
)
