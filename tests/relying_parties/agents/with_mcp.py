"""The client of the MCP SDK for Python calls an API; it prints where its user goes, and the end."""

import asyncio
import json
import sys
from urllib.parse import parse_qsl, urlsplit

import httpx2
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.shared.auth import OAuthClientMetadata

api, back, document = sys.argv[1:]


class Storage:
    """In memory."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def go(url):
    print(url, flush=True)


async def returned():
    line = await asyncio.to_thread(sys.stdin.readline)
    query = dict(parse_qsl(urlsplit(line.strip()).query))
    return AuthorizationCodeResult(
        code=query["code"], state=query.get("state"), iss=query.get("iss")
    )


async def main():
    storage = Storage()
    metadata = OAuthClientMetadata(
        client_name="An agent",
        redirect_uris=[back],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method="none",
    )
    provider = OAuthClientProvider(
        api, metadata, storage, go, returned, client_metadata_url=document or None
    )
    async with httpx2.AsyncClient(auth=provider) as http:
        answer = await http.get(api)
    end = {"status": answer.status_code, "body": answer.json()}
    end |= {"client_id": storage.client.client_id, "scope": storage.tokens.scope}
    print(json.dumps(end))


asyncio.run(main())
