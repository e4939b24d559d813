from flask import Blueprint

from library_app.crud import Writable, expose

loans = Blueprint("loans", __name__, url_prefix="/loans")


class Loans(Writable):
    pass


expose(loans, Loans, "/")


@loans.route("/overdue")
def overdue():
    return []
