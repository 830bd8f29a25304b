"""The client of the MCP SDK for Python calls an API.

Each line of its output is JSON: where its user goes, and what it got. For each line of its input it
calls once more, when its token has expired; the first one after a URL is where its user returns.
"""

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


def say(**words):
    print(json.dumps(words), flush=True)


async def given():
    return await asyncio.to_thread(sys.stdin.readline)


async def go(url):
    say(go=url)


async def returned():
    query = dict(parse_qsl(urlsplit((await given()).strip()).query))
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

        async def call():
            answer = await http.get(api)
            say(
                status=answer.status_code,
                body=answer.json(),
                token=storage.tokens.access_token[-8:],
            )

        await call()
        while await given():
            provider.context.token_expiry_time = 1
            await call()


asyncio.run(main())
