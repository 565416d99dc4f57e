#!/usr/bin/env python3
"""Verifies the folder of one audit chain without any program of Gitoma's: python3 verify.py STATE/audit/CHAIN"""
import base64, hashlib, json, pathlib, sys

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def once(pairs):
    assert len(dict(pairs)) == len(pairs), "a key stands twice"
    return dict(pairs)

def verify(folder):
    segments = sorted(folder.glob("seg-*.jsonl"))
    notes = {int(note.stem): note.read_text().split("\n") for note in folder.glob("checkpoints/*.note")}
    seq, head, before, follows, peaks = int(segments[0].stem[4:]), "0" * 64, None, segments[0].name, []
    if seq:  # pruned: the tree's state stands for what is gone; that a prune entry names it is not looked at here
        peaks = [base64.b64decode(peak) for peak in (folder / f"checkpoints/{seq:020}.tree").read_text().split("\n")[2:-1]]
    for path in segments:
        data = path.read_bytes()
        assert data.endswith(b"\n") and path.name == follows, f"{path.name}: torn, or another segment should follow"
        for number, line in enumerate(data[:-1].split(b"\n"), 1):
            entry, (body, _, suffix) = json.loads(line, object_pairs_hook=once), line.rpartition(b',"entry_hash":"')
            right = {"chain_id": folder.name, "seq": seq, "prev_hash": head if before or not seq or number > 1 else entry["prev_hash"]}
            if number == 1 and seq:
                right |= {"kind": "segment.open", "first_seq": seq, "prev_segment_sha256": before or entry["prev_segment_sha256"]}
            good = right.items() <= entry.items() and suffix == b'%s"}' % sha(body).hex().encode()
            assert good, f"{path.name}, line {number}: its hash, link, number, chain or segment is wrong"
            seq, head, follows, root = seq + 1, entry["entry_hash"], entry.get("next_segment"), sha(b"\0", sha(body))
            for _ in range((seq & -seq).bit_length() - 1):
                root = sha(b"\1", peaks.pop(), root)
            peaks.append(root)
            if seq in notes:
                for peak in reversed(peaks[:-1]):
                    root = sha(b"\1", peak, root)
                stated = [f"gitoma.audit/{folder.name}", str(seq), base64.b64encode(root).decode(), ""]
                assert notes.pop(seq)[:4] == stated, f"checkpoint {seq}: it is not about these entries"
        before = hashlib.sha256(data).hexdigest()
    assert not follows and not [size for size in notes if size > seq], "the end is missing: a segment, or what a checkpoint covers"
    return f"{seq} entries, head {head}"

if __name__ == "__main__":
    if not __debug__:
        sys.exit("FAULT python -O and PYTHONOPTIMIZE leave out what verifies")
    try:
        print(verify(pathlib.Path(sys.argv[1]).resolve()))
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError, OSError) as fault:
        sys.exit(f"FAULT {fault}")
