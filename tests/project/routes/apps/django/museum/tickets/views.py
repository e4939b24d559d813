from django.http import JsonResponse
from django.views import View
from django.views.decorators.http import require_POST


class Answering(View):
    def head(self, request, **kwargs):
        return JsonResponse({})


class TicketView(Answering):
    def post(self, request, ticket=None):
        return JsonResponse({})

    def patch(self, request, ticket=None):
        return JsonResponse({})


@require_POST
def buy(request):
    return JsonResponse({})
