from functools import partial, wraps

from aiohttp import web


def gardener(handler):
    @wraps(handler)
    async def checked(request):
        if "X-Gardener" not in request.headers:
            raise web.HTTPForbidden()
        return await handler(request)

    return checked


async def water(request):
    return web.Response()


async def show(amount, request):
    return web.json_response({"amount": amount})


def setup_beds(app, prefix):
    beds = web.Application()
    beds.add_routes([web.post("/{bed}/water", gardener(water)), web.get("/{bed}", partial(show, 3))])
    beds.router.add_options("/{bed}", water)
    app.add_subapp(prefix, beds)
