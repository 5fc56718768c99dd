import pytest

from labkit.localcloud.wire.room_to_delete import RoomToDelete


class Ballast:
    """Notes when it makes room."""

    def __init__(self):
        self.given = False
        self.inside = False

    def room(self):
        return self

    def __enter__(self):
        self.given = self.inside = True

    def __exit__(self, *_):
        self.inside = False


@pytest.mark.parametrize(
    ("verb", "path", "room"),
    [("DELETE", b"/o", True), ("POST", b"/batch/storage/v1", True), ("POST", b"/o", False), ("GET", b"/o", False)],
)
def test_there_is_room_while_something_is_deleted(loop, verb, path, room):
    ballast, seen = Ballast(), []

    async def application(scope, receive, send):
        seen.append(ballast.inside)

    loop.run_until_complete(RoomToDelete(application, ballast)({"method": verb, "raw_path": path}, None, None))

    assert seen == [room]
    assert (ballast.given, ballast.inside) == (room, False)
