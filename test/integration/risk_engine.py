"""A Risk Engine in Python that knows nothing of the service but its contract. Prints one JSON line a step."""

import asyncio
import hashlib
import json
import os
import sys
import uuid
from datetime import datetime, timedelta, timezone

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy


def order_id(tenant_id, idempotency_key):
    digest = bytearray(hashlib.sha256(f"{tenant_id}/{idempotency_key}".encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x40  # version 4
    digest[8] = digest[8] & 0x3F | 0x80  # variant
    digest[15] = 0  # the order itself; its replacements count up from here
    return str(uuid.UUID(bytes=bytes(digest)))


def workflow_id(order):
    return f"order/{order['tenantId']}/{order_id(order['tenantId'], order['idempotencyKey'])}"


def update_id(order):
    text = json.dumps(order, separators=(",", ":"), ensure_ascii=False)
    return f"submit-{hashlib.sha256(text.encode()).hexdigest()}"


async def submit(client, order):
    start = WithStartWorkflowOperation(
        "order",
        order,
        id=workflow_id(order),
        task_queue="orders",
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )
    return await client.execute_update_with_start_workflow(
        "submit",
        order,
        id=update_id(order),
        start_workflow_operation=start,
        rpc_timeout=timedelta(seconds=20),
    )


async def read(client, order):
    return await client.get_workflow_handle(workflow_id(order)).query("state")


async def modify(client, order, changes):
    request = {**changes, "requestedBy": "risk"}
    return await client.get_workflow_handle(workflow_id(order)).execute_update("modify", request)


async def cancel(client, order):
    request = {"reason": "limit breached", "requestedBy": "risk"}
    return await client.get_workflow_handle(workflow_id(order)).execute_update("cancel", request)


async def refusal_of(call):
    try:
        return await call
    except WorkflowUpdateFailedError as failed:
        return {"type": failed.cause.type, "details": failed.cause.details}


async def start_blindly(client, order):
    handle = await client.start_workflow("order", order, id=workflow_id(order), task_queue="orders")
    return await handle.result()


def an_order(tenant_id, idempotency_key):
    return {
        "tenantId": tenant_id,
        "strategyId": "python",
        "assetId": "BTC/USDT",
        "side": "BUY",
        "orderType": "LIMIT",
        "quantity": "0.01",
        "price": "50000",
        "timeInForce": "GTC",
        "exchangeId": "BINANCE",
        "idempotencyKey": idempotency_key,
        "metadata": {"desk": "Zürich"},
        "timestamp": datetime.now(timezone.utc).isoformat(),
    }


async def main(tenant_id):
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    good = an_order(tenant_id, "python-good")
    bad = {**an_order(tenant_id, "python-bad"), "quantity": -1, "side": "HOLD"}
    del bad["price"]
    steps = {
        "ids": {"orderId": order_id(tenant_id, "python-good"), "updateId": update_id(good)},
        "submitted": await submit(client, good),
        "again": await submit(client, good),
        "other": await submit(client, {**good, "price": "49000"}),
        "read": await read(client, good),
        "modified": await modify(client, good, {"newPrice": "50100"}),
        "unchanged": await refusal_of(modify(client, good, {"newPrice": "50100"})),
        "cancelled": await cancel(client, good),
        "bad": bad,
        "refused": await start_blindly(client, bad),
    }
    for step, value in steps.items():
        print(json.dumps({"step": step, "value": value}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    sys.stdout.flush()
    # The SDK's threads can crash an interpreter that is taking itself down (temporalio/sdk-python#300).
    os._exit(0)
