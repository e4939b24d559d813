BASE = "/plants"
urls = {
    BASE: [("GET", "index"), ("POST", "plant")],
    BASE + "/{plant}": [("DELETE", "dig_up")],
    BASE + "/wilted": [("GET", "index")],
}
