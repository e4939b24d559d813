from django.urls import path

from tickets.views import TicketView, buy

urlpatterns = [
    path("", TicketView.as_view()),
    path("<uuid:ticket>", TicketView.as_view()),
    path("buy", buy),
]
