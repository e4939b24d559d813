from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods
from django.views.generic import CreateView, ListView


class ExhibitList(LoginRequiredMixin, ListView):
    pass


@method_decorator(csrf_exempt, name="dispatch")
class ExhibitDetail(View):
    http_method_names = ["get", "put", "options"]

    def get(self, request, pk):
        return JsonResponse({"pk": pk})

    def put(self, request, pk):
        return JsonResponse({"pk": pk})

    def delete(self, request, pk):
        return JsonResponse({})


class ExhibitCreate(CreateView):
    pass


@require_GET
def by_slug(request, slug):
    return JsonResponse({"slug": slug})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def room(request, room, rest):
    return HttpResponse(room)


@login_required
def export(request, year):
    return HttpResponse(year)


def floor(request, floor):
    return HttpResponse(str(floor))
