"""A real Redis for the stories, on an address of its own: manifests name the port."""
import os
import subprocess

from harness import need, own_address, wait_for
from prometheus import spawn


class Redis:
    def __init__(self, story):
        # Debian's redis-server is this program under another name, in a package that would start a service.
        program = story.folder / "redis-server"
        program.symlink_to(os.path.realpath(need("redis-check-rdb")))
        self.address = own_address()
        self.client = [need("redis-cli"), "-h", self.address]
        spawn(story, str(program), "--bind", self.address, "--port", "6379", "--save", "", "--dir", str(story.folder))
        wait_for("Redis", lambda: self.call("ping") == ["PONG"])

    def call(self, *words):
        """The lines of the answer."""
        return subprocess.run([*self.client, *map(str, words)], capture_output=True, text=True, check=False,
                              timeout=20).stdout.splitlines()
