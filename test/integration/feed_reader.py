"""A reader of the feed that knows nothing of the service but the feed's contract. Prints one JSON line a message."""

import json
import os
import sys

from redis import Redis


def read_feed(redis, tenant_id, cursor):
    key = f"feed:{{{tenant_id}}}"
    while True:
        reply = redis.xread({key: f"{cursor}-0"}, count=500, block=1000)
        entries = reply[0][1] if reply else []
        if not entries and last_sequence(redis, tenant_id) < cursor:  # Redis has lost the end of the feed
            cursor = last_sequence(redis, tenant_id)
            yield {"kind": "RESYNC", "sequence": cursor, "reason": "the feed ends before the cursor"}
        for _, fields in entries:
            message = json.loads(fields["message"])
            if message["sequence"] != cursor + 1 and message["kind"] != "RESYNC":
                yield {"kind": "RESYNC", "sequence": message["sequence"] - 1, "reason": "messages are missing"}
            cursor = message["sequence"]
            yield message


def last_sequence(redis, tenant_id):
    newest = redis.xrevrange(f"feed:{{{tenant_id}}}", count=1)
    return int(newest[0][0].split("-")[0]) if newest else 0


def main(tenant_id, cursor, count):
    redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, protocol=2)
    for _, message in zip(range(count), read_feed(redis, tenant_id, cursor)):
        print(json.dumps(message))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
