from library_app.application import Library
from library_app.loans import loans
from library_app.shelves import make_shelf

application = Library("library_app")
application.register_blueprint(loans)
application.register_blueprint(loans, name="loans_v2", url_prefix="/v2/loans")
for shelf in ("novels", "maps"):
    application.register_blueprint(make_shelf(shelf))
