from flask import Blueprint


def make_shelf(name):
    shelf = Blueprint(name, __name__, url_prefix="/shelves/" + name)

    @shelf.route("/")
    def books():
        return name

    @shelf.route("/<isbn>", methods=["GET", "DELETE"])
    def book(isbn):
        return isbn

    return shelf
