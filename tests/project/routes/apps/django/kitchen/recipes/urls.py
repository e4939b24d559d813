from django.http import HttpResponse
from django.urls import path
from django.views import View


class Printed(View):
    def get(self, request, name):
        return HttpResponse(name)


def book(request):
    return HttpResponse("book")


urlpatterns = [path("book", book), path("<str:name>/print", Printed.as_view())]
