from garden.service import Service

Service(debug=False).run()
