from ninja import Router

router = Router()


@router.post("/basket")
def basket(request):
    return {}
