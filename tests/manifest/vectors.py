#!/usr/bin/python3
"""Writes vectors.txt and signed.swidtag, with encoders and signers that are not busguard's: python3-cbor2, openssl, xmlsec1.

    tests/manifest/vectors.py        (keys are fresh each time: do not replace the files without need)

vectors.txt has a line for each vector: its name, and its bytes in hex.
"""

import base64
import hashlib
import pathlib
import re
import subprocess
import tempfile

from cbor2 import CBORTag as Tag, dumps

HERE = pathlib.Path(__file__).resolve().parent
SHA256, SHA384, SHA512 = 1, 7, 8
vectors = {}


def digest(hash, seed):
    return [hash, {SHA256: hashlib.sha256, SHA384: hashlib.sha384, SHA512: hashlib.sha512}[hash](seed.encode()).digest()]


def measured(mkey, mval, **more):
    return ({} if mkey is None else {0: mkey}) | {1: mval} | more


def digests(mkey, seed, *hashes):
    return measured(mkey, {2: [digest(hash, seed) for hash in hashes or [SHA384]]})


DISK = {0: {1: "ACME", 2: "DISK"}}


def comid(*triples, **more):
    return {1: {0: "disk firmware 7"}, 4: {0: [list(one) for one in triples]} | more.get("others", {})}


def corim(*comids, **more):
    return Tag(501, {0: "disks", 1: [Tag(506, dumps(one)) for one in comids]} | {int(k[1:]): v for k, v in more.items()})


def put(name, what):
    vectors[name] = what if isinstance(what, bytes) else dumps(what)


def of_disk(name, *measurements):
    put(name, corim(comid([DISK, list(measurements)])))


FOUR = [
    digests(1, "one"),
    digests(2, "two"),
    measured(5, {4: Tag(560, b"\x01\x02\x03\x04")}),
    measured(16, {1: Tag(552, 0x0107)}),
]
plain = corim(comid([DISK, FOUR]))
put("corim", plain)
put("corim-of-earlier-draft", Tag(500, plain))
put("comid-tagged", Tag(506, dumps(comid([DISK, FOUR]))))
put("comid", comid([DISK, FOUR]))
put("comid-with-uuid", comid([DISK, FOUR]) | {1: {0: bytes.fromhex("3f06af63a93c11e4979700505690773f")}})
tagged = dumps(Tag(506, dumps(comid([DISK, FOUR]))))
put("corim-of-indefinite-length", dumps(Tag(501, 0))[:-1] + b"\xbf\x00" + dumps("disks") + b"\x01\x9f" + tagged + b"\xff\xff")
put("corim-with-other-things", Tag(501, {0: "disks", 1: [Tag(506, dumps(comid([DISK, FOUR], others={1: [[DISK, [measured(None, {11: "x"})]]]}))), Tag(505, b"\xa0")], 2: [{0: Tag(32, "https://acme.example")}]}))

# States, alternatives, environments.
of_disk("no-measurement-that-counts", digests("text", "one"), digests(None, "two"), digests(0, "three"), digests(255, "four"), digests(Tag(37, bytes(16)), "five"))
put("alternatives", corim(comid([DISK, [digests(1, "one")]], [DISK, [digests(1, "uno")]], [DISK, [digests(2, "two")]])))
put("states-that-differ-in-one", corim(comid([DISK, [digests(1, "one"), digests(2, "two")]], [DISK, [digests(1, "uno"), digests(2, "two")]])))
put("states-that-differ-in-two", corim(comid([DISK, [digests(1, "one"), digests(2, "two")]], [DISK, [digests(1, "uno"), digests(2, "due")]])))
put("states-that-differ-by-turns", corim(comid([DISK, [digests(1, "one"), digests(2, "two")]], [DISK, [digests(1, "uno"), digests(2, "two")]], [DISK, [digests(1, "one"), digests(2, "due")]])))
layer = lambda n: {0: {1: "ACME", 2: "DISK", 3: n}}
put("layers", corim(comid([layer(0), [digests(1, "one")]], [layer(1), [digests(2, "two")]])))
put("layers-with-one-index", corim(comid([layer(0), [digests(1, "one")]], [layer(1), [digests(1, "uno")]])))
put("two-products", corim(comid([DISK, [digests(1, "one")]], [{0: {1: "ACME", 2: "NIC"}}, [digests(1, "uno")]])))
put("class-id-alone", corim(comid([{0: {0: Tag(37, bytes(16))}}, FOUR])))
put("instance", corim(comid([DISK | {1: Tag(550, b"\x01" + bytes(16))}, FOUR])))
put("empty-environment", corim(comid([{}, FOUR])))
put("unprintable-vendor", corim(comid([{0: {1: "AC\x1b[2JME", 2: "DISK"}}, FOUR])))
put("index-twice-in-a-state", corim(comid([DISK, [digests(1, "one"), digests(1, "uno")]])))
put("dmtf-class-index", corim(comid(*[[{0: {0: Tag(37, bytes(16)), 1: "dmtf", 2: "spdm sample", 3: 1, 4: n}}, [digests(None, str(n), SHA512)]] for n in (1, 2, 16)])))
put("class-index-of-others", corim(comid([{0: {1: "ACME", 2: "DISK", 4: 1}}, [digests(None, "one")]])))

# Values.
of_disk("two-hashes-somewhere", digests(1, "one", SHA256, SHA384), digests(2, "two", SHA384))
of_disk("two-hashes-everywhere", digests(1, "one", SHA256, SHA384), digests(2, "two", SHA256, SHA384))
of_disk("no-hash-in-common", digests(1, "one", SHA256), digests(2, "two", SHA384))
of_disk("hashes-by-other-names", measured(1, {2: [["sha-256", digest(SHA256, "one")[1]]]}), measured(2, {2: [[-16, digest(SHA256, "two")[1]]]}))
of_disk("hash-that-spdm-has-not", measured(1, {2: [[2, bytes(16)]]}), digests(2, "two"))
of_disk("digest-of-wrong-length", measured(1, {2: [[SHA384, bytes(32)]]}))
of_disk("algorithm-twice", measured(1, {2: [digest(SHA384, "one"), digest(SHA384, "uno")]}))
of_disk("svn-without-tag", measured(1, {1: 7}))
of_disk("smallest-svn", measured(1, {1: Tag(553, 7)}), digests(2, "two"))
of_disk("masked", measured(1, {4: Tag(563, [b"\x12\x34", b"\xff\x00"])}), measured(2, {4: Tag(560, b"\x12\x34"), 5: b"\xff\x00"}), digests(3, "three"))
of_disk("mask-of-ones", measured(1, {4: Tag(563, [b"\x12\x34", b"\xff\xff"])}), measured(2, {4: Tag(560, b"\x12\x34"), 5: b"\xff\xff"}))
of_disk("mask-of-other-length", measured(1, {4: Tag(563, [b"\x12\x34", b"\xff"])}))
of_disk("profile-value", measured(1, {2: [digest(SHA384, "one")], -1: 1720782190}), digests(2, "two"))
of_disk("more-than-spdm-tells", measured(1, {0: {0: "1.0"}, 2: [digest(SHA384, "one")]}))
of_disk("flags-alone", measured(1, {3: {3: False}}), digests(2, "two"))
of_disk("indirect", measured(None, {2: [digest(SHA384, "one")], 12: {0: [3]}}), measured(None, {2: [digest(SHA384, "two")], 12: {0: [4, 5]}}))
of_disk("no-mval", {0: 1})

# Not well-formed, or not valid.
put("key-twice", b"\xa3\x04\xa0\x01\xa0\x04\xa0")
put("key-twice-in-another-length", b"\xa3\x04\xa0\x01\xa0\x18\x04\xa0")
put("array-of-exabytes", b"\xd9\x01\xf5\xa2\x00\x61a\x01\x9b\x7f\xff\xff\xff\xff\xff\xff\xff")
put("map-of-exabytes", b"\xd9\x01\xf5\xbb\xff\xff\xff\xff\xff\xff\xff\xff")
put("bytes-of-exabytes", b"\xd9\x01\xfa\x5b\xff\xff\xff\xff\xff\xff\xff\xff")
put("deep", b"\x81" * 4000 + b"\x00")
put("deep-tags", b"\xd9\x01\xf4" * 4000 + b"\x00")
put("many-items", dumps(Tag(501, {0: "x", 1: [0] * 70000})))
put("many-keys", dumps({n: 0 for n in range(300)}))
put("string-in-pieces", b"\xd9\x01\xf5\xa1\x00\x7f\x61a\x61b\xff")
put("break-alone", b"\xff")
put("map-with-half-a-pair", b"\xbf\x04\xff")
put("behind-it", dumps(plain) + b"\x00")
put("other-cbor", dumps({"a": 1}))

# TCG's forms.
evidence = {0: {0: [[DISK, FOUR]]}}
put("evidence", Tag(571, evidence))
put("evidence-untagged", evidence)
put("evidence-with-other-triples", Tag(571, {0: {0: [[DISK, FOUR]], 1: [[DISK, [Tag(554, "key")]]]}}))
put("toc", Tag(570, {0: [Tag(571, {0: {0: [[DISK, FOUR[:2]]]}}), Tag(571, {0: {0: [[DISK, FOUR[2:]]]}})], 1: [{0: Tag(32, "https://acme.example")}]}))
put("toc-of-something-else", Tag(570, {0: [Tag(501, evidence)]}))
put("evidence-of-keys-alone", Tag(571, {0: {1: [[DISK, [Tag(554, "key")]]]}}))


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, **options).stdout


class Pki:
    """A root and a signer under it, by openssl; keys and certificates in a folder that goes."""

    def __init__(self, folder):
        self.folder = folder
        self.issue("root", None, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
        self.issue("signer", "root", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n")
        self.issue("encrypter", "root", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyAgreement\n")

    def path(self, name):
        return str(self.folder / name)

    def issue(self, name, by, extensions):
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", self.path(f"{name}.key"))
        run("openssl", "req", "-new", "-key", self.path(f"{name}.key"), "-subj", f"/O=ACME/CN=Manifest {name}", "-out", self.path(f"{name}.csr"))
        (self.folder / "extensions").write_text(extensions)
        key = ["-CA", self.path(f"{by}.pem"), "-CAkey", self.path(f"{by}.key"), "-CAcreateserial"] if by else ["-signkey", self.path(f"{name}.key")]
        run("openssl", "x509", "-req", "-in", self.path(f"{name}.csr"), *key, "-sha384", "-days", "9000", "-extfile", self.path("extensions"), "-out", self.path(f"{name}.pem"))

    def der(self, name):
        return run("openssl", "x509", "-in", self.path(f"{name}.pem"), "-outform", "DER")

    def sign(self, name, message):
        listing = run("openssl", "asn1parse", "-inform", "DER", input=run("openssl", "dgst", "-sha384", "-sign", self.path(f"{name}.key"), input=message))
        return b"".join(int(number, 16).to_bytes(48, "big") for number in re.findall(rb"INTEGER\s+:([0-9A-F]+)", listing))


with tempfile.TemporaryDirectory() as folder:
    pki = Pki(pathlib.Path(folder))

    def sign1(payload, protected=None, unprotected=None, by="signer", signed=None):
        headers = dumps({1: -35, 3: "application/rim+cbor", 15: {1: "ACME"}} | (protected or {}))
        message = dumps(["Signature1", headers, b"", payload if signed is None else signed])
        return Tag(18, [headers, unprotected or {}, payload, pki.sign(by, message)])

    chain = {33: [pki.der("signer"), pki.der("root")]}
    inside = dumps(plain)
    put("root-certificate", pki.der("root"))
    put("signer-certificate", pki.der("signer"))
    put("signed", sign1(inside, unprotected=chain))
    put("signed-of-earlier-draft", Tag(500, Tag(502, sign1(inside, unprotected=chain))))
    put("signed-chain-protected", sign1(inside, protected=chain))
    put("signed-leaf-alone", sign1(inside, unprotected={33: pki.der("signer")}))
    put("signed-without-chain", sign1(inside))
    put("signed-by-another-key", sign1(inside, unprotected=chain, by="root"))
    put("signed-by-who-may-not", sign1(inside, unprotected={33: [pki.der("encrypter"), pki.der("root")]}, by="encrypter"))
    put("signed-something-else", sign1(inside, unprotected=chain, signed=inside + b"\x00"))
    put("signed-critical", sign1(inside, protected={2: [15]}, unprotected=chain))
    put("signed-hash-only", sign1(hashlib.sha384(inside).digest(), protected={258: -43}, unprotected=chain))
    put("signed-detached", Tag(18, sign1(inside, unprotected=chain).value[:2] + [None] + sign1(inside).value[3:]))
    put("signed-unknown-algorithm", sign1(inside, protected={1: -65535}, unprotected=chain))
    put("signed-in-2027", sign1(inside, protected={15: {1: "ACME", 5: 1798761600, 4: 1830297599}}, unprotected=chain))
    put("signed-in-2027-by-corim-meta", sign1(inside, protected={8: dumps({0: {0: "ACME"}, 1: {0: Tag(1, 1798761600), 1: Tag(1, 1830297599)}})}, unprotected=chain))
    put("valid-in-2027", corim(comid([DISK, FOUR]), _4={0: Tag(1, 1798761600), 1: Tag(1, 1830297599)}))

    rows = "".join(
        f'    <n8060:Resource type="Measurement" index="{n}" active="{"True" if n % 2 == 0 else "False"}" alternatives="1" '
        f'name="Measurement_{n}" size="48" SHA384:Hash0="{hashlib.sha384(b"%d" % n).hexdigest()}"/>\n'
        for n in range(1, 6)
    )
    (pki.folder / "template.xml").write_text(f"""<?xml version="1.0" encoding="UTF-8"?>
<n8060:SoftwareIdentity xmlns:n8060="http://standards.iso.org/iso/19770/-2/2015/schema.xsd" name="DISK" tagId="acme-disk-7" version="1.0">
  <n8060:Entity name="ACME" role="softwareCreator tagCreator"/>
  <n8060:Meta xmlns:rim="https://trustedcomputinggroup.org/resource/tcg-reference-integrity-manifest-rim-information-model/" colloquialVersion="7" product="DISK" rim:PlatformManufacturerStr="ACME" rim:PlatformModel="DISK"/>
  <n8060:Payload xmlns:SHA384="http://www.w3.org/2001/04/xmlenc#sha384">
{rows}  </n8060:Payload>
<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2006/12/xml-c14n11"/><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"/><ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="http://www.w3.org/2006/12/xml-c14n11"/></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#sha384"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{base64.b64encode(pki.der("signer")).decode()}</ds:X509Certificate><ds:X509Certificate>{base64.b64encode(pki.der("root")).decode()}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature></n8060:SoftwareIdentity>
""")
    run("xmlsec1", "--sign", "--privkey-pem", pki.path("signer.key"), "--output", str(HERE / "signed.swidtag"), pki.path("template.xml"))

(HERE / "vectors.txt").write_text("".join(f"{name} {content.hex()}\n" for name, content in vectors.items()))
