from aiohttp import web


async def show_queue(request):
    return web.json_response([])


async def clear(request):
    return web.json_response([])


async def paper(request):
    return web.json_response({})


async def ink(request):
    return web.json_response({})


async def start(request):
    return web.json_response({})


class Base(web.View):
    async def get(self):
        return web.json_response({})


class Tray(Base):
    async def put(self):
        return web.json_response({})
