"""Pushes page views one by one until its standard input ends, and then prints the
number of acknowledged ones and the other replies."""

import select
import sys
from http.client import HTTPConnection, HTTPException

BODY = (
    '[{"metricName": "web_page_views_total", "metricType": "counter", "inc": 1,'
    ' "labels": {"page": "home", "navigation": "navigate", "device": "desktop"}}]'
)
HEADERS = {"Host": "metrics.example.org", "Content-Type": "application/json"}
PAUSE = 0.06  # seconds; nginx accepts 20 per second


def push():
    connection = HTTPConnection("127.0.0.1", timeout=60)
    try:
        connection.request("POST", "/tallyman/record", BODY, HEADERS)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def main():
    acknowledged = 0
    others = []
    print("pushing", flush=True)
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        try:
            status, text = push()
        except (OSError, HTTPException) as error:
            status, text = 0, repr(error)
        if status == 200:
            acknowledged += 1
        else:
            others.append(f"{status} {text}")
    print(acknowledged, *others)


main()
