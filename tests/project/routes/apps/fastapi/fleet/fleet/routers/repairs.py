from fastapi import APIRouter

router = APIRouter()


@router.get("/")
def repairs(plate: str):
    return []


@router.delete("/{number:int}")
def cancel(plate: str, number: int):
    return None
