def register_error_handlers(app):
    @app.errorhandler(404)
    def missing(error):
        return {"error": str(error)}, 404
