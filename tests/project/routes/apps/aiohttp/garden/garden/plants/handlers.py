from aiohttp import web


class Plants:
    async def index(self, request):
        return web.json_response([])

    async def plant(self, request):
        return web.json_response({})

    async def dig_up(self, request):
        return web.json_response({})
