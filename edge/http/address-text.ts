/**
 * Raw bytes of a client's address to text. The texts of addresses seen lately are kept: one client sends many requests,
 * and a log line needs the text every time. Source: RFC 5952. Thread: worker, each with its own memory.
 */

/** Texts of addresses seen lately: one client sends many requests. */
const ADDRESSES = new Map<string | number, string>();
const MAX_ADDRESSES = 8192;

/** Raw bytes of an address as text; ::ffff:a.b.c.d is shown as a.b.c.d. */
export function addressText(raw: ArrayBuffer): string {
  const bytes = new Uint8Array(raw);
  const isMapped = bytes.length === 16 && isV4Mapped(bytes);
  const at = isMapped ? 12 : 0;
  const key =
    bytes.length === 4 || isMapped
      ? (bytes[at] as number) * 16777216 +
        (bytes[at + 1] as number) * 65536 +
        (bytes[at + 2] as number) * 256 +
        (bytes[at + 3] as number)
      : Buffer.from(raw).toString('latin1');
  const known = ADDRESSES.get(key);
  if (known !== undefined) return known;
  const text = typeof key === 'number' ? bytes.subarray(at, at + 4).join('.') : v6Text(bytes);
  if (ADDRESSES.size >= MAX_ADDRESSES) ADDRESSES.clear();
  ADDRESSES.set(key, text);
  return text;
}

function isV4Mapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i += 1) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** RFC 5952 text of sixteen bytes. */
function v6Text(bytes: Uint8Array): string {
  if (bytes.length !== 16) return '';
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2)
    groups.push((((bytes[i] as number) << 8) | (bytes[i + 1] as number)).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
