from fastapi import APIRouter, Depends

from fleet.security import current_user

router = APIRouter(prefix="/drivers", dependencies=[Depends(current_user)])


class Drivers:
    def __init__(self, names: list[str]):
        self.names = names
        router.add_api_route("/", self.index, methods=["GET"])
        router.add_api_route("/{name}", self.replace, methods=["PUT", "PATCH"])

    def index(self):
        return self.names

    def replace(self, name: str):
        return name


drivers = Drivers([])
