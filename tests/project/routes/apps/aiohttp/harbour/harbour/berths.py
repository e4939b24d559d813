from aiohttp import web


class Berths:
    async def index(self, request):
        return web.json_response([])

    async def book(self, request):
        return web.json_response({})


def routes():
    berths = Berths()
    return [
        web.get("/berths", berths.index),
        web.post("/berths/{id}", berths.book),
        web.route("PATCH", "/berths/{id}", berths.book),
    ]
