#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Targeted messages (draft-ietf-mls-targeted-messages-01 and -02) for cipher suite 3, a second time
and without any of our C: HPKE (RFC 9180) in PSK mode over the primitives of python3-cryptography.

  make_targeted.py make SEED     prints 24 test vectors, the same for the same seed
  make_targeted.py refused SEED  prints messages with a flaw that a tag does not tell, and the error
                                 that each has to give
  make_targeted.py check         reads vectors, opens each message and compares; then changes each
                                 bit of a short message in turn, which has to be refused
"""
import hashlib
import hmac
import json
import sys

try:
    from cryptography.exceptions import InvalidSignature, InvalidTag
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (Ed25519PrivateKey,
                                                                   Ed25519PublicKey)
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
except ImportError:
    sys.exit(77)

WIRE_TARGETED = 6
# Lengths of the data, of the padding and of the authenticated data. 64 is where the length of a
# vector takes another form, 32 what of the ciphertext is looked at to seal the sender's data.
SHAPES = [(0, 0, 0), (0, 128, 0), (1, 0, 1), (15, 0, 0), (32, 31, 16), (47, 0, 0), (63, 1, 63),
          (64, 0, 64), (200, 55, 5), (255, 1, 0), (500, 12, 100), (1000, 24, 300)]
# What can be wrong although everything was sealed as it should be, and what our C says to it.
FLAWS = {"padding": "input", "content": "input", "no content": "input", "sender data": "input",
         "long sender data": "input", "short KEM output": "input", "KEM output": "input",
         "signature": "auth", "signature, padding": "auth", "sender": "auth", "PSK": "auth"}


class Refused(Exception):
    """A message that is not to be read."""


# The presentation language (RFC 9420, 2.1).

def u(n, width):
    return n.to_bytes(width, "big")


def vec(data):
    n = len(data)
    if n < 1 << 6:
        return u(n, 1) + data
    return (u(n | 1 << 14, 2) if n < 1 << 14 else u(n | 2 << 30, 4)) + data


def label(text):
    return vec(b"MLS 1.0 " + text)


class Reader:
    def __init__(self, data):
        self.rest = data

    def take(self, n):
        if n > len(self.rest):
            raise Refused("too short")
        out, self.rest = self.rest[:n], self.rest[n:]
        return out

    def int(self, width):
        return int.from_bytes(self.take(width), "big")

    def vec(self):
        first = self.take(1)[0]
        form = first >> 6
        if form == 3:
            raise Refused("length")
        n = int.from_bytes(u(first & 63, 1) + self.take((1 << form) - 1), "big")
        if form and n < 1 << (8 * (1 << form >> 1) - 2):
            raise Refused("length")
        return self.take(n)

    def end(self):
        if self.rest:
            raise Refused("bytes left over")


# HKDF (RFC 5869) and what RFC 9420, 8 makes of it.

def extract(salt, ikm):
    return hmac.digest(salt or bytes(32), ikm, "sha256")


def expand(prk, info, n):
    out = block = b""
    i = 1
    while len(out) < n:
        block = hmac.digest(prk, block + info + u(i, 1), "sha256")
        out += block
        i += 1
    return out[:n]


def expand_label(secret, name, context, n):
    return expand(secret, u(n, 2) + label(name) + vec(context), n)


def export(exporter, name, context):
    derived = expand_label(exporter, name, b"", 32)
    return expand_label(derived, b"exported", hashlib.sha256(context).digest(), 32)


# HPKE: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305; mode_psk.

KEM = b"KEM" + u(0x20, 2)
HPKE = b"HPKE" + u(0x20, 2) + u(1, 2) + u(3, 2)


def lextract(suite, salt, name, ikm):
    return extract(salt, b"HPKE-v1" + suite + name + ikm)


def lexpand(suite, prk, name, info, n):
    return expand(prk, u(n, 2) + b"HPKE-v1" + suite + name + info, n)


def raw(public):
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def derive_key_pair(ikm):
    prk = lextract(KEM, b"", b"dkp_prk", ikm)
    return X25519PrivateKey.from_private_bytes(lexpand(KEM, prk, b"sk", b"", 32))


def shared(private, peer, enc, recipient):
    try:
        dh = private.exchange(X25519PublicKey.from_public_bytes(peer))
    except ValueError as e:
        raise Refused("KEM output") from e
    prk = lextract(KEM, b"", b"eae_prk", dh)
    return lexpand(KEM, prk, b"shared_secret", enc + recipient, 32)


def key_schedule(secret, info, psk, psk_id):
    context = (u(1, 1) + lextract(HPKE, b"", b"psk_id_hash", psk_id) +
               lextract(HPKE, b"", b"info_hash", info))
    prk = lextract(HPKE, secret, b"secret", psk)
    return (ChaCha20Poly1305(lexpand(HPKE, prk, b"key", context, 32)),
            lexpand(HPKE, prk, b"base_nonce", context, 12))


# Targeted messages.

class Epoch:
    def __init__(self, case):
        self.draft = case["draft"]
        self.id = vec(bytes.fromhex(case["group_id"])) + u(case["epoch"], 8)
        exporter = bytes.fromhex(case["exporter_secret"])
        self.psk = export(exporter, b"targeted message", b"psk")
        self.sender_secret = export(exporter, b"targeted message", b"sender auth data secret")

    def setup(self, secret, recipient, sender):
        info = label(b"TargetedMessageData")
        info += u(recipient, 4) + u(sender, 4) if self.draft == 2 else vec(b"")
        return key_schedule(secret, info, self.psk, self.id + label(b"targeted message psk"))

    def place(self, recipient, aad, sender, enc):
        return self.id + u(recipient, 4) + vec(aad) + u(sender, 4) + vec(enc)

    def content_aad(self, recipient, aad, sender, enc):
        return aad if self.draft == 2 else self.place(recipient, aad, sender, enc)

    def signed(self, recipient, aad, sender, enc, ciphertext):
        tbs = (u(1, 2) + u(WIRE_TARGETED, 2) + self.place(recipient, aad, sender, enc) +
               vec(hashlib.sha256(ciphertext).digest()))
        return label(b"TargetedMessageTBS") + vec(tbs)

    def cover(self, ciphertext):
        sample = ciphertext[:32]
        return (ChaCha20Poly1305(expand_label(self.sender_secret, b"key", sample, 32)),
                expand_label(self.sender_secret, b"nonce", sample, 12))


def seal(case):
    e = Epoch(case)
    flaws = case.get("flaw", "").split(", ")
    if "PSK" in flaws:
        e.psk = bytes(32)
    recipient, sender = case["recipient_leaf_index"], case["sender_leaf_index"]
    aad = bytes.fromhex(case["authenticated_data"])
    key = raw(X25519PrivateKey.from_private_bytes(
        bytes.fromhex(case["recipient_encryption_priv"])).public_key())
    ephemeral = derive_key_pair(bytes.fromhex(case["kem_ikm"]))
    enc = raw(ephemeral.public_key())
    aead, nonce = e.setup(shared(ephemeral, key, enc, key), recipient, sender)
    text = vec(bytes.fromhex(case["application_data"])) + bytes(case["padding_length"])
    if "padding" in flaws:
        text = text[:-1] + b"\1"
    if "content" in flaws:
        text = u(len(text), 1) + text[1:]
    if "no content" in flaws:
        text = b""
    if "KEM output" in flaws:
        enc = bytes(32)
    if "short KEM output" in flaws:
        enc = enc[:31]
    ciphertext = aead.encrypt(nonce, text, e.content_aad(recipient, aad, sender, enc))
    signer = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["sender_signature_priv"]))
    signature = signer.sign(e.signed(recipient, aad, sender, enc, ciphertext))
    aead, nonce = e.cover(ciphertext)
    if "signature" in flaws:
        signature = signature[:32] + bytes(32)
    if "sender" in flaws:
        sender += 1
    auth = u(sender, 4) + vec(signature) + vec(enc)
    if "sender data" in flaws:
        auth = auth[:-1]
    if "long sender data" in flaws:
        auth += b"\0"
    auth = aead.encrypt(nonce, auth, e.id + u(recipient, 4))
    return (u(1, 2) + u(WIRE_TARGETED, 2) + e.id + u(recipient, 4) + vec(aad) + vec(auth) +
            vec(ciphertext))


def unseal(case, message):
    """Returns sender, data and the number of zeros behind it."""
    e = Epoch(case)
    r = Reader(message)
    if r.int(2) != 1 or r.int(2) != WIRE_TARGETED:
        raise Refused("not a targeted message")
    if vec(r.vec()) + r.take(8) != e.id:
        raise Refused("group or epoch")
    recipient, aad, auth, ciphertext = r.int(4), r.vec(), r.vec(), r.vec()
    r.end()
    if recipient != case["recipient_leaf_index"] or aad.hex() != case["authenticated_data"]:
        raise Refused("another message")
    try:
        aead, nonce = e.cover(ciphertext)
        r = Reader(aead.decrypt(nonce, auth, e.id + u(recipient, 4)))
        sender, signature, enc = r.int(4), r.vec(), r.vec()
        r.end()
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(case["sender_signature_pub"])).verify(
            signature, e.signed(recipient, aad, sender, enc, ciphertext))
        private = X25519PrivateKey.from_private_bytes(
            bytes.fromhex(case["recipient_encryption_priv"]))
        secret = shared(private, enc, enc, raw(private.public_key()))
        aead, nonce = e.setup(secret, recipient, sender)
        r = Reader(aead.decrypt(nonce, ciphertext, e.content_aad(recipient, aad, sender, enc)))
    except (InvalidTag, InvalidSignature) as why:
        raise Refused("authentication") from why
    data = r.vec()
    if any(r.rest):
        raise Refused("padding")
    return sender, data, len(r.rest)


class Draw:
    """Every byte that the draft leaves open comes from SHA-256 in counter mode over the seed."""

    def __init__(self, seed):
        self.seed = seed
        self.counter = 0

    def bytes(self, n):
        out = b""
        while len(out) < n:
            out += hashlib.sha256(self.seed.encode() + u(self.counter, 8)).digest()
            self.counter += 1
        return out[:n]

    def case(self, draft, data_n, zeros, aad_n):
        signer = self.bytes(32)
        return {
            "seed": self.seed,
            "draft": draft,
            "cipher_suite": 3,
            "group_id": self.bytes(1 + self.bytes(1)[0] % 40).hex(),
            "epoch": int.from_bytes(self.bytes(4), "big"),
            "sender_leaf_index": int.from_bytes(self.bytes(2), "big"),
            "recipient_leaf_index": int.from_bytes(self.bytes(2), "big"),
            "exporter_secret": self.bytes(32).hex(),
            "sender_signature_priv": signer.hex(),
            "sender_signature_pub":
                raw(Ed25519PrivateKey.from_private_bytes(signer).public_key()).hex(),
            "recipient_encryption_priv": self.bytes(32).hex(),
            "kem_ikm": self.bytes(32).hex(),
            "authenticated_data": self.bytes(aad_n).hex(),
            "application_data": self.bytes(data_n).hex(),
            "padding_length": zeros,
        }


def make(seed):
    draw = Draw(seed)
    cases = [draw.case(draft, *shape) for draft in (1, 2) for shape in SHAPES]
    for case in cases:
        case["targeted_message"] = seal(case).hex()
    return cases


def make_refused(seed):
    draw = Draw(seed)
    cases = []
    for draft in (1, 2):
        for flaw, error in FLAWS.items():
            case = {"flaw": flaw, "error": error, **draw.case(draft, 20, 11, 3)}
            message = seal(case)
            try:
                unseal(case, message)
            except Refused:
                cases.append({**case, "targeted_message": message.hex()})
                continue
            raise AssertionError(f"{flaw}: read")
    return cases


def check(cases):
    want_n = flipped = 0
    for i, case in enumerate(cases):
        message = bytes.fromhex(case["targeted_message"])
        want = (case["sender_leaf_index"], bytes.fromhex(case["application_data"]),
                case["padding_length"])
        got = unseal(case, message)
        if got != want:
            raise Refused(f"case {i} says something else")
        want_n += 1
        if len(message) > 300:
            continue
        for bit in range(8 * len(message)):
            bad = bytearray(message)
            bad[bit // 8] ^= 1 << bit % 8
            flipped += 1
            try:
                unseal(case, bytes(bad))
            except Refused:
                continue
            raise AssertionError(f"case {i} without bit {bit} was read")
    print(f"{want_n} messages opened, {flipped} damaged ones refused")
    return want_n


def main(args):
    if len(args) == 2 and args[0] in ("make", "refused"):
        json.dump((make if args[0] == "make" else make_refused)(args[1]), sys.stdout, indent=1)
        print()
    elif args == ["check"]:
        if not check(json.load(sys.stdin)):
            sys.exit("no messages")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
