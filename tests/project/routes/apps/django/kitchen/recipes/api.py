from ninja import Router

router = Router()
steps = Router()


@router.get("/")
def recipes(request):
    return []


@router.get("/{recipe_id}")
def recipe(request, recipe_id: int):
    return {}


@router.delete("/{recipe_id}")
def remove(request, recipe_id: int):
    return {}


@steps.get("")
def list_steps(request, recipe_id: int):
    return []


@steps.put("/{step}")
def put_step(request, recipe_id: int, step: int):
    return {}


router.add_router("/{recipe_id}/steps", steps)
