import pytest

SIGNER = "lab03-sharer@p.iam.gserviceaccount.com"
ADDRESS = "https://storage.googleapis.com/p-lab03/raw/wine.csv"


def signed(address=ADDRESS, seconds="900"):
    credential = f"{SIGNER}%2F20261124%2Fauto%2Fstorage%2Fgoog4_request"
    return f"{address}?X-Goog-Credential={credential}&X-Goog-Expires={seconds}&X-Goog-Signature=1ccb"


@pytest.fixture
def opens(cloud):
    """Lets strangers in who have the link."""

    def let(link):
        cloud.answers[link] = (200, "alcohol,grower\n")
        return link

    return let


def test_a_link_for_fifteen_minutes_to_an_object_that_is_not_public_passes(judge, opens):
    assert judge("share", link=opens(signed())).outcome == "passed"


def test_a_link_in_which_slashes_are_quoted_is_the_same(judge, opens):
    assert judge("share", link=opens(signed(ADDRESS.replace("raw/", "raw%2F")))).outcome == "passed"


def test_a_link_with_the_bucket_in_the_hosts_name_is_the_same(judge, opens):
    assert judge("share", link=opens(signed("https://p-lab03.storage.googleapis.com/raw/wine.csv"))).outcome == "passed"


@pytest.mark.parametrize(
    ("link", "named", "earned"),
    [
        ("gs://p-lab03/raw/wine.csv", "No browser knows it", 0),
        (ADDRESS, "without a signature", 0),
        (signed("https://example.com/p-lab03/raw/wine.csv"), "without a signature", 0),
        (signed(ADDRESS.replace("wine", "other")), "opens /p-lab03/raw/other.csv", 1),
        (signed(seconds="604800"), "604800 seconds: 168 hours", 2),
    ],
)
def test_a_link_that_is_written_otherwise_is_never_opened(judge, opens, link, named, earned):
    result = judge("share", link=opens(link))

    assert (result.outcome, result.earned) == ("failed", earned)
    assert named in result.text


@pytest.mark.parametrize(
    ("status", "code", "fix"),
    [
        (400, "ExpiredToken", "Its time is over"),
        (403, "SignatureDoesNotMatch", "signed for something else"),
        (403, "AccessDenied", "may not read the object"),
        (404, "NoSuchKey", "exercise `restore`"),
        (500, "InternalError", "Read what Cloud Storage says"),
    ],
)
def test_a_link_that_is_refused_says_why_and_what_to_do(judge, cloud, status, code, fix):
    cloud.answers[signed()] = (status, f"<Error><Code>{code}</Code><Message>In words.</Message></Error>")

    result = judge("share", link=signed())

    assert (result.earned, f"{status}: {code} In words." in result.text) == (1, True)
    assert fix in result.text


def test_a_signer_whose_role_is_not_in_force_yet_is_the_clouds_doing(judge, held):
    held.bindings.append({"role": "roles/storage.objectViewer", "members": {f"serviceAccount:{SIGNER}"}})

    result = judge("share", link=signed())

    assert (result.outcome, "up to 7 minutes" in result.text) == ("blocked", True)


def test_a_link_that_does_not_say_how_long_is_left_to_cloud_storage(judge):
    assert "answers 403: AccessDenied" in judge("share", link=signed(seconds="soon")).text


def test_an_object_that_is_public_fails_whatever_the_link(judge, opens):
    opens(ADDRESS)

    assert "the object is public" in judge("share", link=opens(signed())).text


def test_a_bucket_that_may_be_made_public_again_fails(judge, held, opens):
    held.iam_configuration.public_access_prevention = "inherited"

    assert "may be made public again" in judge("share", link=opens(signed())).text
