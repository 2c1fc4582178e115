#!/usr/bin/env python3
"""Publishes messages to Vestnik as any source may: one JSON object a line on standard input.

The broker confirms every message, and one that no queue takes is an error.
"""
import json
import os
import sys

import pika


def main():
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    channel = connection.channel()
    channel.confirm_delivery()
    properties = pika.BasicProperties(
        content_type="application/json", delivery_mode=2, user_id=os.environ["AMQP_USER"]
    )
    for line in sys.stdin:
        body = json.loads(line)
        key = ".".join((body.get("priority", "normal"), body["source"], body["life_event"]))
        channel.basic_publish("vestnik.notifications", key, line.encode(), properties, mandatory=True)
    connection.close()


main()
