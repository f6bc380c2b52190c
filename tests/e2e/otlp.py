"""Pushes of OpenTelemetry metrics: one delta counter, in JSON and in protobuf."""

import json
import struct


def json_push(name, value, **labels):
    point = {
        "asInt": str(value),
        "attributes": [{"key": key, "value": {"stringValue": text}} for key, text in labels.items()],
    }
    added = {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [point]}
    scope = {"metrics": [{"name": name, "sum": added}]}
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [scope]}]}).encode()


def field(number, data):
    """Encodes a bytes field shorter than 128 bytes."""
    return bytes([number << 3 | 2, len(data)]) + data


def protobuf_push(name, value, **labels):
    point = b"\x31" + struct.pack("<q", value)
    for key, text in labels.items():
        point += field(7, field(1, key.encode()) + field(2, field(1, text.encode())))
    added = field(1, point) + b"\x10\x01\x18\x01"
    return field(1, field(2, field(2, field(1, name.encode()) + field(7, added))))
