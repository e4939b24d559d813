from aiohttp import web

from garden import plants
from garden.beds import setup_beds


class Service:
    def __init__(self, debug: bool):
        self.debug = debug
        self.app = web.Application()
        self.setup_routes()

    def setup_routes(self):
        self.app.router.add_get("/health", self.health)
        plants.setup(self.app)
        setup_beds(self.app, prefix="/beds")
        if self.debug:
            self.app.router.add_get("/debug", self.health)

    async def health(self, request):
        return web.Response(text="ok")

    def run(self):
        web.run_app(self.app)
