import pytest

from labkit.checking import display
from labkit.checking.display import Hints, Solution, Standing, Standings

HINTS = Hints("bucket", ("Look at <location>.", "Pass location=REGION."), 1)


def test_text_shows_one_hint_and_how_to_get_the_next():
    assert repr(HINTS) == "Hint 1 of 2 for bucket: Look at <location>.\nMore: lab.hint('bucket', 2)"


def test_the_last_hint_leads_to_the_solution():
    assert repr(Hints("bucket", HINTS.hints, 2)).endswith("lab.solution('bucket')")


def test_html_opens_the_hint_asked_for_and_folds_the_others():
    first, second, _ = HINTS._repr_html_().split("</details>")

    assert first.startswith("<details open ")
    assert "&lt;location&gt;" in first
    assert second.startswith("<details style")


def test_code_between_backticks_is_marked_and_escaped():
    assert display.marked("Set `a<b` or *b*, not ` alone") == "Set <code>a&lt;b</code> or *b*, not ` alone"


def test_the_log_in_a_card_keeps_its_lines_and_its_backticks():
    html = display.card("Title", [("Found", "It `failed`:\n  File 'a'\n`x`")], "#000")

    assert "It <code>failed</code>:<pre" in html
    assert ">  File &#x27;a&#x27;\n`x`</pre>" in html


def brightness(colour):
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
@pytest.mark.parametrize("edge", [*display.BORDERS.values(), display.EDGE])
def test_an_edge_is_seen_in_the_light_and_in_the_dark_theme(edge, page):
    darker, lighter = sorted([brightness(edge), brightness(page)])

    assert (lighter + 0.05) / (darker + 0.05) >= 3


def test_a_solution_is_folded_in_html_and_plain_in_text():
    solution = Solution("bucket", "bucket = client.create_bucket('a<b')")

    assert repr(solution) == "bucket = client.create_bucket('a<b')"
    assert solution._repr_html_().startswith("<details style")
    assert "a&lt;b" in solution._repr_html_()


def test_standings_add_up():
    standings = Standings(
        "Train", (Standing("bucket", "passed", 2, 2), Standing("job", "failed", 1, 3), Standing("end", "blocked", 0, 1))
    )

    assert (standings.earned, standings.points) == (3, 6)
    assert repr(standings).splitlines() == [
        "Train: 3 of 6 points",
        "  bucket  2/2  ✔ passed",
        "  job     1/3  ✘ failed",
        "  end     0/1  ‖ blocked",
    ]
    assert standings._repr_html_().count("<tr>") == 4
