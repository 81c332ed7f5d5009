"""Removes a path, with everything below it, from Keeper:  python keeper.py HOST:PORT PATH"""

import sys

from kazoo.client import KazooClient
from kazoo.exceptions import NoNodeError


def main() -> None:
    address, path = sys.argv[1:]
    client = KazooClient(hosts=address, timeout=10)
    client.start(timeout=10)
    try:
        client.delete(path, recursive=True)
    except NoNodeError:
        pass
    finally:
        client.stop()
        client.close()


if __name__ == "__main__":
    main()
