"""A Bokeh server with routes of ours, asked once."""

from bokeh.application import Application
from bokeh.server.server import Server
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.ioloop import IOLoop


def ask(routes, path, auth=None):
    """Status, body and headers of the reply to a request for `path`."""

    async def call(server):
        url = f"http://localhost:{server.port}/{path}"
        try:
            reply = await AsyncHTTPClient().fetch(url, follow_redirects=False, request_timeout=20)
        except HTTPClientError as error:
            return error.code, error.response.body, error.response.headers
        return reply.code, reply.body, reply.headers

    options = {"auth_provider": auth} if auth else {}
    server = Server({"/": Application()}, io_loop=IOLoop(), port=0, extra_patterns=list(routes), **options)
    server.start()
    try:
        return server.io_loop.run_sync(lambda: call(server))
    finally:
        server.stop()
        server.io_loop.close(all_fds=False)
