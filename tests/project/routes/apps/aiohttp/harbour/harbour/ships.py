from aiohttp import web

routes = web.RouteTableDef()


@routes.get("/ships")
async def list_ships(request):
    return web.json_response([])


@routes.get(r"/ships/{number:\d+}", name="ship")
async def show(request):
    return web.json_response({})


@routes.get("/ships/newest")
async def newest(request):
    return web.json_response({})


@routes.view("/ships/{name}/cargo")
class Cargo(web.View):
    async def get(self):
        return web.json_response([])

    async def post(self):
        return web.json_response({})


@routes.route("*", "/echo/{tail:.*}")
async def echo(request):
    return web.Response()
