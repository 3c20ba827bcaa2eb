"""nginx answering the same few bytes to everything: the ceiling of a load generator."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers import NotInstalled, answers, find_port

_CONFIG = """
daemon off; worker_processes 1; pid %(folder)s/pid; error_log stderr;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; large_client_header_buffers 4 64k;
  client_body_temp_path %(folder)s; proxy_temp_path %(folder)s; fastcgi_temp_path %(folder)s;
  uwsgi_temp_path %(folder)s; scgi_temp_path %(folder)s;
  server {
    listen 127.0.0.1:%(port)d;
    location / {
      default_type application/sparql-results+json;
      return 200 '{"head":{"vars":["property","value"]},"results":{"bindings":[%(filler)s]}}';
    }
  }
}
"""


@contextmanager
def run_nginx() -> Iterator[tuple[str, int]]:
    """Give its address and its process. Errors: NotInstalled."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise NotInstalled("nginx: apt-get install nginx-light")
    with tempfile.TemporaryDirectory() as folder:
        port = find_port()
        config = Path(folder) / "nginx.conf"
        # As long as the answer to the cheap query.
        filler = ",".join(["{}"] * 300)
        config.write_text(_CONFIG % {"folder": folder, "port": port, "filler": filler})
        process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}/sparql"
        try:
            while not answers(url):
                if process.poll() is not None:
                    raise NotInstalled("nginx: it does not start")
                time.sleep(0.05)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait()
