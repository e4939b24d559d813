from fastapi import APIRouter, status
from pydantic import BaseModel

from fleet.routers.repairs import router as repairs
from fleet.security import Manager, User


class Vehicle(BaseModel):
    plate: str


router = APIRouter(prefix="/vehicles", tags=["vehicles"])
tracking = APIRouter()


@router.get("", response_model=list[Vehicle])
async def list_vehicles(user: User):
    return []


@router.get("/{plate}", response_model=Vehicle)
async def show(plate: str, user: User):
    return Vehicle(plate=plate)


@router.post("", status_code=status.HTTP_201_CREATED)
async def add(vehicle: Vehicle, manager: Manager):
    return vehicle


router.include_router(repairs, prefix="/{plate}/repairs")


@tracking.get("/{plate}/{moment:path}")
def position(plate: str, moment: str):
    return {}


@tracking.websocket("/live")
async def live(socket):
    await socket.accept()
