#!/usr/bin/env python3
"""An SMSC that is not ours: the library smpp34.

Says its port on the first line, then each part that was submitted as one JSON object a line. It takes
every part but those to THROTTLED, sends for each a receipt, half of them without TLVs, and after the
last part of a message a reply; it says how they were answered.
"""
import asyncio
import json
import os
import socket
import sys
from itertools import count

import smpp34

THROTTLED = "380670000088"
DELIVERED, RECEIPT = 2, 0x04


def say(**what):
    print(json.dumps(what), flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def words(event):
    """Number and count of a part, and its words: by 3GPP TS 23.040, 9.2.3.24.1 (8-bit reference)."""
    body, number, of = bytes(event.short_message), 1, 1
    if event.esm_class & 0x40:
        header, body = body[1 : 1 + body[0]], body[1 + body[0] :]
        element, length, _, of, number = header
        assert (element, length) == (0, 3), header
    return number, of, body.decode("utf-16-be" if event.data_coding == 8 else "ascii")


async def receipt(esme, event, message_id):
    text = (
        f"id:{message_id} sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 "
        f"stat:DELIVRD err:000 text:"
    )
    tlvs = [
        smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, message_id.encode() + b"\0"),
        smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, bytes([DELIVERED])),
    ]
    answer = await esme.deliver_sm(
        event.source_addr,
        text.encode(),
        source_addr=event.destination_addr,
        source_addr_ton=1,
        source_addr_npi=1,
        esm_class=RECEIPT,
        tlvs=tlvs if int(message_id) % 2 else [],
    )
    say(receipt=message_id, answered=answer.command_status)


async def reply(esme, event):
    answer = await esme.deliver_sm(
        event.source_addr,
        "СТОП 😀".encode("utf-16-be"),
        source_addr=event.destination_addr,
        source_addr_ton=1,
        source_addr_npi=1,
        data_coding=8,
    )
    say(reply=event.destination_addr, answered=answer.command_status)


async def speak(esme, event, message_id, last):
    await receipt(esme, event, message_id)
    if last:
        await reply(esme, event)


async def serve(server):
    esme, numbers, tasks = None, count(1000), []
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            esme = event
            say(bound=esme.system_id)
        elif isinstance(event, smpp34.SubmitSmEvent):
            number, of, text = words(event)
            say(
                part=[number, of],
                text=text,
                to=event.destination_addr,
                sender=event.source_addr,
                ton_npi=[event.source_addr_ton, event.dest_addr_ton, event.dest_addr_npi],
                data_coding=event.data_coding,
                asks_receipt=event.registered_delivery & 3,
            )
            if event.destination_addr == THROTTLED:
                event.reject(smpp34.ESME_RTHROTTLED)
                continue
            message_id = str(next(numbers))
            event.accept(message_id)
            tasks.append(asyncio.ensure_future(speak(esme, event, message_id, number == of)))


async def main():
    port = free_port()
    server = smpp34.Server("127.0.0.1", port, system_id="counterpart")
    await server.start()
    say(port=port)
    loop = asyncio.get_running_loop()
    serving = asyncio.ensure_future(serve(server))
    reading = loop.run_in_executor(None, sys.stdin.read)
    done, _ = await asyncio.wait([serving, reading], return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    os._exit(0)


asyncio.run(main())
