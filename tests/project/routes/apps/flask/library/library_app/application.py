from flask import Flask


class Library(Flask):
    def __init__(self, name):
        super().__init__(name, static_folder="public")
        self.add_url_rule("/about", "about", self.about)
        self.page("/contact")

    def page(self, rule):
        @self.route(rule)
        def shown():
            return rule

    def about(self):
        return "a library"
