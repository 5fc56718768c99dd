KIB_256 = 256 * 1024


def begin(xml, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = xml("POST", "/lab-data/big", headers={"x-goog-resumable": "start", **named})
    assert reply.status_code == 201, reply.text
    return reply.headers["location"]


def test_an_upload_goes_on_where_it_was(xml):
    location = begin(xml, content_type="text/csv")
    first = xml.anonymously("PUT", location, {"content-range": f"bytes 0-{KIB_256 - 1}/*"}, content=b"a" * KIB_256)
    asked = xml.anonymously("PUT", location, {"content-range": "bytes */*"})
    span = f"bytes {KIB_256}-{KIB_256 + 2}/{KIB_256 + 3}"
    last = xml.anonymously("PUT", location, {"content-range": span}, content=b"end")

    assert (first.status_code, asked.status_code, last.status_code) == (308, 308, 200)
    assert asked.headers["range"] == f"bytes=0-{KIB_256 - 1}"
    got = xml("GET", "/lab-data/big")
    assert (got.content, got.headers["content-type"]) == (b"a" * KIB_256 + b"end", "text/csv")
    assert last.headers["x-goog-generation"] == got.headers["x-goog-generation"]


def test_an_upload_may_come_in_one_piece(xml):
    reply = xml.anonymously("PUT", begin(xml), content=b"all")

    assert reply.status_code == 200
    assert xml("GET", "/lab-data/big").content == b"all"


def test_an_upload_may_be_cancelled(xml):
    location = begin(xml)

    assert xml.anonymously("DELETE", location).status_code == 499
    assert xml.anonymously("PUT", location, content=b"x").status_code == 404


def test_whoever_may_not_create_may_not_begin(xml):
    xml.access.only = set()
    reply = xml("POST", "/lab-data/big", headers={"x-goog-resumable": "start"})

    assert xml.refused(reply) == (403, "AccessDenied")


def test_a_post_says_what_it_is_for(xml):
    assert xml.refused(xml("POST", "/lab-data/big")) == (400, "InvalidArgument")
