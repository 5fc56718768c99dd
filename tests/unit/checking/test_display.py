from labkit.checking.display import Hints, Solution, Standing, Standings

HINTS = Hints("bucket", ("Look at <location>.", "Pass location=REGION."), 1)


def test_text_shows_one_hint_and_how_to_get_the_next():
    assert repr(HINTS) == "Hint 1 of 2: Look at <location>.\nMore: lab.hint('bucket', 2)"


def test_the_last_hint_leads_to_the_solution():
    assert repr(Hints("bucket", HINTS.hints, 2)).endswith("lab.solution('bucket')")


def test_html_folds_every_hint():
    html = HINTS._repr_html_()

    assert html.count("<details>") == 2
    assert "<details open" not in html
    assert "&lt;location&gt;" in html


def test_a_solution_is_folded_in_html_and_plain_in_text():
    solution = Solution("bucket", "bucket = client.create_bucket('a<b')")

    assert repr(solution) == "bucket = client.create_bucket('a<b')"
    assert "<details>" in solution._repr_html_()
    assert "a&lt;b" in solution._repr_html_()


def test_standings_add_up():
    standings = Standings(
        "Train", (Standing("bucket", "passed", 2, 2), Standing("job", "failed", 1, 3), Standing("end", "blocked", 0, 1))
    )

    assert (standings.earned, standings.points) == (3, 6)
    assert repr(standings).splitlines() == [
        "Train: 3 of 6 points",
        "  bucket  2/2  passed",
        "  job     1/3  failed",
        "  end     0/1  blocked",
    ]
    assert standings._repr_html_().count("<tr>") == 4
