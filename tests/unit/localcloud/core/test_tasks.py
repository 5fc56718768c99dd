import asyncio

from labkit.localcloud.core.tasks import Tasks


def test_work_goes_on_after_it_was_started():
    async def scenario():
        done = asyncio.Event()

        async def work():
            done.set()
            return 7

        task = Tasks().start(work())
        await asyncio.wait_for(done.wait(), 1)
        assert await task == 7

    asyncio.run(scenario())


def test_what_work_raises_is_logged_with_its_traceback(caplog):
    async def scenario():
        async def work():
            raise RuntimeError("no luck")

        await asyncio.wait({Tasks().start(work())})

    asyncio.run(scenario())

    assert "Background work failed: no luck" in caplog.text
    assert 'raise RuntimeError("no luck")' in caplog.text


def test_stopping_cancels_what_runs_and_waits_for_its_clean_up(caplog):
    cleaned = []

    async def scenario():
        tasks = Tasks()

        async def work():
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                cleaned.append("clean")

        tasks.start(work())
        tasks.start(work())
        await asyncio.sleep(0)
        await asyncio.wait_for(tasks.stop(), 1)
        assert cleaned == ["clean", "clean"]

    asyncio.run(scenario())
    assert caplog.text == ""


def test_work_that_nobody_refers_to_is_not_lost():
    import gc

    async def scenario():
        tasks, finished = Tasks(), []

        async def work():
            await asyncio.sleep(0)
            gc.collect()
            await asyncio.sleep(0)
            finished.append(True)

        tasks.start(work())
        for _ in range(5):
            await asyncio.sleep(0)
        assert finished == [True]
        assert tasks._running == set()

    asyncio.run(scenario())
