from ninja import NinjaAPI
from ninja.security import HttpBearer
from recipes.api import router as recipes


class Token(HttpBearer):
    def authenticate(self, request, token):
        return token


api = NinjaAPI(auth=Token(), docs_url="/manual")
api.add_router("/recipes/", recipes)
api.add_router("shop", "recipes.shop.router", auth=None)


@api.get("/hello", auth=None)
def hello(request):
    return "hello"


@api.api_operation(["POST", "PATCH"], "/mixed/{int:number}")
def mixed(request, number: int):
    return number
