from aiohttp import web


@web.middleware
async def errors(request, handler):
    return await handler(request)


def authenticate(header):
    @web.middleware
    async def check(request, handler):
        if header not in request.headers:
            raise web.HTTPUnauthorized()
        return await handler(request)

    return check
