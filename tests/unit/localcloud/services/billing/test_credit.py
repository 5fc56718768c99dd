from decimal import Decimal

import httpx
import pytest
from starlette.requests import Request

from labkit.localcloud.core.failures import as_api_error
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.services.billing.credit import CreditApi

OWNER = "student@example.com"


class Anybody:
    def authenticate(self, authorization, service):
        return Principal(authorization)


@pytest.fixture
def get(setup, loop):
    api = CreditApi(setup.registry, Anybody(), setup.dispatcher._access, setup.parts.accounts)

    async def app(scope, receive, send):
        request = Request(scope, receive)
        try:
            response = await api.respond(request)
        except Exception as error:  # noqa: BLE001 - as the HTTP transport does
            response = api.refuse(request, as_api_error(error))
        await response(scope, receive, send)

    def get(path, caller=OWNER):
        async def send():
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="https://cloudbilling.googleapis.com"
            ) as http:
                return await http.get(path, headers={"authorization": caller})

        return loop.run_until_complete(send())

    return get


def test_the_credit_and_what_the_ledger_says_is_spent(get, setup):
    setup.ledger.amounts[setup.trial.name] = Decimal("12.34")

    assert get("/labkit/projects/labkit-student/credit").json() == {
        "billingAccountName": setup.trial.name,
        "currencyCode": "USD",
        "credit": "300",
        "spent": "12.34",
    }


def test_a_project_without_billing_has_none(get, setup):
    setup.parts.accounts.unlink("labkit-student")

    assert get("/labkit/projects/labkit-student/credit").status_code == 404


def test_it_is_for_those_who_may_see_the_project(get):
    assert get("/labkit/projects/labkit-student/credit", caller="stranger@example.com").status_code == 403
    assert get("/labkit/projects/no-such-project/credit").status_code == 403
    assert get("/labkit/other").status_code == 501
