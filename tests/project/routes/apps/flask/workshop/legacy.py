class Legacy:
    def __init__(self, app, prefix):
        self.app = app
        self.prefix = prefix

    def register(self):
        self.app.add_url_rule(self.prefix + "/list", "legacy_list", self.listing)
        self.app.add_url_rule(f"{self.prefix}/<name>", "legacy_item", self.item, methods=["GET", "HEAD"])

    def listing(self):
        return "[]"

    def item(self, name):
        return name


def attach(app, prefix):
    Legacy(app, prefix).register()
