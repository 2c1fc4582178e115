#!/usr/bin/env python3
"""Viber's side of a signature, by Python's hmac, checked by the library viberbot.

Reads callbacks' bodies, one a line, and answers each with its signature and with what viberbot makes of
it. The bodies go as they are: a signature is over bytes.
"""
import hashlib
import hmac
import json
import os
import sys

from viberbot import Api, BotConfiguration

token = os.environ["VIBER_TOKEN"]
bot = Api(BotConfiguration(auth_token=token, name="Ministry", avatar=""))
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin.buffer:
    body = line.rstrip(b"\n")
    signature = hmac.new(token.encode(), body, hashlib.sha256).hexdigest()
    agreed = bot.verify_signature(body, signature)
    read = type(bot.parse_request(body)).__name__
    print(json.dumps({"signature": signature, "agreed": agreed, "read": read}), flush=True)
