import pytest

from labkit.localcloud.runtime.variables import expand


@pytest.mark.parametrize(
    ("word", "expanded"),
    [
        ("--port=$(PORT)", "--port=8080"),
        ("$(A)$(A)", "$(PORT)$(PORT)"),  # a value is not expanded again
        ("$(UNKNOWN)", "$(UNKNOWN)"),
        ("$$(PORT)", "$(PORT)"),
        ("kill $$", "kill $$"),
        ("$PORT ${PORT}", "$PORT ${PORT}"),
        ("$(PORT", "$(PORT"),
    ],
)
def test_references_are_expanded_as_vertex_documents(word, expanded):
    assert expand([word], {"PORT": "8080", "A": "$(PORT)"}) == (expanded,)
