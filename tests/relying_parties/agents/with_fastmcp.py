"""The client of FastMCP calls a tool of an MCP server.

Each line of its output is JSON: where its user goes, and what it got. For each line of its input it
calls once more, when its token has expired. It has a port, to which the browser returns.
"""

import asyncio
import json
import sys
import webbrowser

from fastmcp import Client
from fastmcp.client.auth import OAuth

server, document = sys.argv[1:]


def say(**words):
    print(json.dumps(words), flush=True)


class Browser(webbrowser.BaseBrowser):
    def open(self, url, new=0, autoraise=True):
        say(go=url)
        return True


async def main():
    webbrowser.register("line", None, Browser(), preferred=True)
    oauth = OAuth(client_metadata_url=document or None)
    async with Client(server, auth=oauth) as client:

        async def call():
            result = await client.call_tool("greet", {"greeting": "Hello"})
            context = oauth.context
            say(
                answer=result.content[0].text,
                token=context.current_tokens.access_token[-8:],
            )

        await call()
        while await asyncio.to_thread(sys.stdin.readline):
            oauth.context.token_expiry_time = 1
            await call()


asyncio.run(main())
